// Results of sweeps in one SQLite file. A point is stored once, under a key made of everything that decides
// its result, so that sweeps which share a store share points. The file holds nothing that depends on when or
// how fast it was filled: an interrupted and resumed sweep leaves the same content as one that was not.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/explore/database.h"
#include "sim/explore/metrics.h"

namespace npu::sim {

/// Everything that decides a result. key() is its SHA-256.
struct PointIdentity {
  std::string arch_hash;
  std::string network_hash;  ///< of the graph or the built-in's name and seed
  std::string engine;        ///< estimate or systemc
  std::string tool_version;
  std::string accuracy_key;  ///< of the accuracy that belongs to the point; empty: none was asked for

  std::string key() const;
};

enum class PointStatus { kDone, kRefused, kFailed };

/// One evaluated point. `message`: why a machine cannot run the network (refused) or what broke (failed).
struct PointResult {
  PointIdentity identity;
  std::string network;
  std::string arch_name;
  std::string arch_json;  ///< resolved
  PointStatus status = PointStatus::kDone;
  std::string message;
  MetricValues values;
  std::string details_json;  ///< energy by component and the like, for plots; may be empty
};

/// Accuracy of a network with one arithmetic: shared by all machines that compute the same numbers.
struct AccuracyResult {
  std::string key;  ///< hash of network, data set, quantisation settings, arithmetic and tool version
  std::string network;
  std::string numerics_json;  ///< numerics_of() the machines
  std::string settings_json;  ///< data set and quantisation
  PointStatus status = PointStatus::kDone;
  std::string message;  ///< unless done
  std::optional<double> top1_percent;
  std::string details_json;
};

/// A point of one sweep: where it lies in the space and under which key its result stands.
struct SweepPoint {
  std::int64_t index = 0;
  std::string key;
  std::string axis_values_json;  ///< axis name -> value
};

class ResultStore {
 public:
  /// Opens or creates. Throws InputError naming the file: no database, of another version, corrupt,
  /// read-only, disk full, locked for longer than half a minute.
  ResultStore(const std::filesystem::path& file, Database::Access access);

  /// The sweep's number; the same name and specification give the same sweep again. Throws InputError if the
  /// name belongs to a sweep with another specification.
  std::int64_t open_sweep(const std::string& name, const std::string& specification);

  bool has_sweep(const std::string& name);

  bool has_result(const std::string& key);
  std::optional<PointResult> result(const std::string& key);

  /// Stores results and the sweep's points that they belong to, all or nothing. A result that is there
  /// already stays, except that a failed one is replaced.
  void add(std::int64_t sweep, const std::vector<PointResult>& results,
           const std::vector<SweepPoint>& points);

  std::optional<AccuracyResult> accuracy(const std::string& key);
  /// One that is there already stays, except that a failed one is replaced.
  void add(const AccuracyResult& accuracy);

  /// Points of a sweep in the order of their index.
  std::vector<SweepPoint> points(std::int64_t sweep);

  Database& database() { return database_; }

 private:
  void prepare_tables();
  void check_tables();

  Database database_;
};

const char* status_name(PointStatus status);

}  // namespace npu::sim
