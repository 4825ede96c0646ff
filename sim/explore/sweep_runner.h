// Runs the points of a sweep: resolves each machine, leaves out what constraints exclude and what the store
// already holds, has workers evaluate the rest, and stores every answer as it arrives.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/explore/accuracy_stage.h"
#include "sim/explore/design_space.h"
#include "sim/explore/dispatch.h"
#include "sim/explore/point_request.h"
#include "sim/explore/result_store.h"
#include "sim/explore/worker_pool.h"

namespace npu::sim {

/// What identifies results besides the machine.
struct SweepContext {
  std::map<std::string, std::string> network_hashes;  ///< for each network of the sweep
  std::string tool_version;
  /// Where the sweep measures accuracy: for each network a hash of it, its data set and the settings.
  std::map<std::string, std::string> accuracy_hashes;
};

struct SweepCounts {
  std::int64_t evaluated = 0;  ///< by workers, now
  std::int64_t known = 0;      ///< results that the store held
  std::int64_t excluded = 0;   ///< by constraints
  std::int64_t refused = 0;  ///< the machine cannot exist or cannot run the network; among evaluated or known
  std::int64_t failed = 0;   ///< no answer after all attempts
};

class SweepRunner {
 public:
  SweepRunner(const DesignSpace& space, SweepContext context, ResultStore& store, WorkerPool& pool);

  /// Evaluates points of the space (by index) with an engine. `progress` gets the number of points that are
  /// settled. Throws InputError if the store or all workers fail; what is stored stays.
  SweepCounts run(const std::vector<std::int64_t>& points, const std::string& engine,
                  const std::function<void(std::int64_t settled)>& progress);

  /// Measures the accuracies that these points need; run() does so too. Nothing unless the sweep names
  /// images.
  void measure_accuracies(const std::vector<std::int64_t>& points,
                          const std::function<void(std::int64_t done, std::int64_t all)>& progress);

  /// What is stored of a point that run() settled; nothing if a constraint excluded it.
  std::optional<PointResult> result(std::int64_t point);

  std::int64_t sweep() const { return sweep_; }  ///< its number in the store

 private:
  /// A point on its way to a worker and back.
  struct Flight {
    PointResult result;
    SweepPoint place;
  };

  /// The machine of a point.
  struct Machine {
    nlohmann::json arch;  ///< resolved; as it was written if it is refused
    std::string hash;
    std::string refusal;  ///< empty: it can exist
    bool excluded = false;
  };

  Machine machine_of(const DesignPoint& point) const;
  std::optional<Task> next_task(const std::string& engine);
  bool prepare(const DesignPoint& point, const std::string& engine, Flight& flight, nlohmann::json& arch);
  bool excluded(const DesignPoint& point, const hw::ArchConfig& arch) const;
  void finish(const std::vector<Outcome>& outcomes);
  void add_accuracy(const PointIdentity& identity, PointAnswer& answer) const;
  void settle(std::int64_t count);
  void flush_known();

  const DesignSpace& space_;
  SweepContext context_;
  ResultStore& store_;
  WorkerPool& pool_;
  std::int64_t sweep_ = 0;
  std::optional<AccuracyStage> accuracy_;
  std::map<std::int64_t, std::string> accuracy_keys_;  ///< by point; empty: its machine cannot exist

  const std::vector<std::int64_t>* points_ = nullptr;
  std::size_t taken_ = 0;
  std::map<std::int64_t, Flight> in_flight_;
  std::vector<PointResult> known_results_;
  std::vector<SweepPoint> known_points_;
  std::map<std::int64_t, std::string> keys_;  ///< of settled points, by index
  SweepCounts counts_;
  std::int64_t settled_ = 0;
  std::function<void(std::int64_t)> progress_;
};

/// Does a result meet the sweep's measured constraints? False if it lacks a value.
bool meets_constraints(const SweepSpec& spec, const MetricValues& values);

}  // namespace npu::sim
