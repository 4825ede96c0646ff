// Means of activations without data: a batch norm's output is taken as normal with the mean and deviation
// that its parameters state, and what ReLU or ReLU6 leave of it follows (Nagel et al. 2019, arXiv 1906.04721,
// section 4.2.1).
#pragma once

#include "compiler/graph/graph.h"
#include "compiler/quant/calibration.h"

namespace npu::compiler {

/// Mean of a normal variable limited to [low, high]; either may be infinite.
double clamped_normal_mean(double mean, double deviation, double low, double high);

/// Replaces the channel means of `calibration` by those that batch-norm statistics give. Pools, additions and
/// concatenations hand means on; the network's input, and layers without statistics that nothing but the
/// output reads, keep theirs. Throws GraphError naming a layer that others read and that had no batch norm.
void use_analytic_means(const Graph& canonical, Calibration& calibration);

}  // namespace npu::compiler
