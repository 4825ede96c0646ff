// What a design point is judged by: one table of names, units and senses, used by sweep files, the result
// store, CSV columns, plots and pages.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace npu::sim {

enum class Metric { kCycles, kLatency, kEnergy, kEnergyDelay, kDramBytes, kUtilisation, kArea, kAccuracy };
inline constexpr int kMetrics = 8;

struct MetricInfo {
  Metric metric;
  const char* name;         ///< in sweep files, as column, as key
  const char* description;  ///< for people, as axis title
  const char* unit;
  bool smaller_is_better;
};

const std::array<MetricInfo, kMetrics>& metrics();
const MetricInfo* find_metric(const std::string& name);  ///< null if there is none
std::vector<std::string> metric_names();

/// Measured values of one point; absent where the engine cannot tell.
using MetricValues = std::array<std::optional<double>, kMetrics>;

inline std::optional<double>& value_of(MetricValues& values, Metric metric) {
  return values[static_cast<std::size_t>(metric)];
}
inline const std::optional<double>& value_of(const MetricValues& values, Metric metric) {
  return values[static_cast<std::size_t>(metric)];
}

}  // namespace npu::sim
