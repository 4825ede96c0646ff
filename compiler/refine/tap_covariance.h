// Covariance of the taps of a convolution's windows, from a sample of the windows of every input.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "compiler/graph/graph.h"
#include "compiler/quant/layer_inputs.h"

namespace npu::compiler {

/// One quantised feature map, [row][column][channel].
using MapElements = std::vector<std::int16_t>;

/// [group] of `op` over `maps` of shape `shape` with zero point `zero_point`. At most `windows_per_map`
/// windows of each map, evenly spread. The result does not depend on `threads`.
std::vector<TapCovariance> tap_covariances(const ConvOp& op, const std::vector<MapElements>& maps,
                                           const MapShape& shape, std::int32_t zero_point,
                                           std::int64_t windows_per_map, int threads);

}  // namespace npu::compiler
