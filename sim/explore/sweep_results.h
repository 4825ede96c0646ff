// What a sweep found, read back from its store: rows, Pareto fronts, and how far estimates are from the
// SystemC machine where both were run.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sim/explore/result_store.h"
#include "sim/explore/sweep_spec.h"

namespace npu::sim {

struct SweepRow {
  std::int64_t point = 0;      ///< index in the design space
  nlohmann::json axis_values;  ///< axis name -> value
  PointResult result;
  bool on_front = false;  ///< of its network, among the results of the same engine
};

/// Rows of one engine in the order of their points, with the fronts marked. Points that miss a measured
/// constraint or have no values stand on no front.
std::vector<SweepRow> sweep_rows(ResultStore& store, std::int64_t sweep, const SweepSpec& spec,
                                 const std::string& engine);

/// The points to confirm: the front's, and `random_points` others drawn with the sweep's seed. Ascending.
std::vector<std::int64_t> points_to_confirm(const std::vector<SweepRow>& estimates, const SweepSpec& spec);

/// Estimated against simulated cycles of the same points: (estimate / SystemC - 1) in percent.
struct EstimateError {
  std::int64_t points = 0;
  double mean_percent = 0;
  double mean_absolute_percent = 0;
  double smallest_percent = 0;
  double largest_percent = 0;
};
EstimateError estimate_error(const std::vector<SweepRow>& estimates, const std::vector<SweepRow>& simulated);

/// One line for each row: point, network, architecture, a column for each axis, engine, status, a column for
/// each metric, on_front, message. RFC 4180.
std::string sweep_csv(const SweepSpec& spec, const std::vector<SweepRow>& rows);
/// A value of an axis as people write it.
std::string value_text(const nlohmann::json& value);

/// The same as an array of objects; `energy` and the like under "details", the machine's hash under
/// "machine".
nlohmann::json sweep_json(const std::vector<SweepRow>& rows);

/// The resolved machines of the rows: {"bases": [configuration], "machines": {hash: {"base": index, "patch":
/// RFC 6902 operations that turn the base into this machine}}}.
nlohmann::json machines_json(const std::vector<SweepRow>& rows);

}  // namespace npu::sim
