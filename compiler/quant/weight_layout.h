// The two orders of a convolution's weights: [out][in][kernel_h][kernel_w], of the float graph and of files,
// and [out][kernel_h][kernel_w][in], of the machine.
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/graph/graph.h"

namespace npu::compiler {

std::vector<std::int16_t> channel_innermost(const std::vector<std::int16_t>& values, const ConvOp& op);
/// The inverse.
std::vector<std::int16_t> channel_outermost(const std::vector<std::int16_t>& values, const ConvOp& op);

}  // namespace npu::compiler
