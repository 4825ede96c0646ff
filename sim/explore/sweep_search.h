// A sweep whose points are searched, not listed: one search for each network, or one over all networks where
// the sweep's front is joint.
#pragma once

#include <functional>
#include <string>

#include "sim/explore/sweep_runner.h"

namespace npu::sim {

/// Evaluates at most Sampling::points points and returns the sum of the counts. `progress` gets the settled
/// points.
SweepCounts run_search(const DesignSpace& space, SweepRunner& runner, const std::string& engine,
                       const std::function<void(std::int64_t settled)>& progress);

}  // namespace npu::sim
