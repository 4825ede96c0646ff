#include "sim/explore/pareto.h"

#include <algorithm>
#include <numeric>

#include "hw/common/error.h"

namespace npu::sim {
namespace {

bool dominates(const std::vector<double>& one, const std::vector<double>& other) {
  bool better = false;
  for (std::size_t objective = 0; objective < one.size(); ++objective) {
    if (one[objective] > other[objective]) return false;
    better |= one[objective] < other[objective];
  }
  return better;
}

}  // namespace

// In lexicographic order a point can only be dominated by an earlier one, and if so, by one of the front so
// far.
std::vector<std::size_t> pareto_front(const std::vector<std::vector<double>>& costs) {
  std::vector<std::size_t> order(costs.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return costs[a] < costs[b]; });
  std::vector<std::size_t> front;
  for (const std::size_t candidate : order) {
    const bool beaten = std::any_of(front.begin(), front.end(), [&](std::size_t member) {
      return dominates(costs[member], costs[candidate]);
    });
    if (!beaten) front.push_back(candidate);
  }
  std::sort(front.begin(), front.end());
  return front;
}

std::vector<double> objective_costs(const MetricValues& values, const std::vector<std::string>& objectives) {
  std::vector<double> costs;
  for (const std::string& name : objectives) {
    const MetricInfo* info = find_metric(name);
    NPU_CHECK(info != nullptr, "objectives are names of metrics");
    const std::optional<double>& value = value_of(values, info->metric);
    if (!value) return {};
    costs.push_back(info->smaller_is_better ? *value : -*value);
  }
  return costs;
}

}  // namespace npu::sim
