// How far channels are balanced (compiler/quant/noise_balancing.h) is tried out, without labels: on half of
// the calibration inputs the network is quantised cheaply with each strength, and the other half, which that
// quantisation never saw, tells which comes closest to float. Balancing gains where activations are what is
// lost, and loses where a channel that was quiet in calibration is loud elsewhere; no statistic of the first
// half alone was found to tell.
#pragma once

#include <vector>

#include "compiler/refine/recipe.h"

namespace npu::compiler {

/// With fewer inputs than this nothing is tried, and channels stay as they are.
inline constexpr std::size_t kFewestTrialInputs = 8;

/// One trial for each strength, in rising order, the first without balancing; empty with too few inputs.
/// `recipe` gives scheme and widths; rounding, scale search and measured means are left out. Results do not
/// depend on `threads`.
std::vector<BalanceTrial> try_balancing(const Graph& canonical, const CalibrationInputs& inputs,
                                        const hw::ArchConfig& arch, const Recipe& recipe, int threads,
                                        const GraphExecutor& execute);

/// The strength with the smallest distance, the weakest of equals; 0 if nothing was tried.
double best_strength(const std::vector<BalanceTrial>& trials);

}  // namespace npu::compiler
