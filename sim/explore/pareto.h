// Pareto front of measured points: those that no other point beats or equals in every objective and beats in
// one.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "sim/explore/metrics.h"

namespace npu::sim {

/// `costs` [point][objective], smaller is better. Returns ascending positions; of equal points all belong.
std::vector<std::size_t> pareto_front(const std::vector<std::vector<double>>& costs);

/// One cost for each objective, turned so that smaller is better; empty if the point lacks one of them.
std::vector<double> objective_costs(const MetricValues& values, const std::vector<std::string>& objectives);

}  // namespace npu::sim
