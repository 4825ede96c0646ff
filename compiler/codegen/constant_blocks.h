// Constants as the weight SRAM wants them: one contiguous block per tile, weights first, then biases and
// shifts. Layout contract: hw/isa/instruction.h, Conv.
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/quant/quantized_graph.h"
#include "hw/isa/program.h"

namespace npu::compiler {

/// Half-open channel ranges of one weight tile. in_channel counts within the group.
struct WeightTile {
  std::int64_t out_begin = 0, out_count = 0;
  std::int64_t in_begin = 0, in_count = 0;
};

/// [out_channel][kernel_h][kernel_w][in_channel], or [kernel_h][kernel_w][channel] if `depthwise`.
std::vector<std::uint8_t> weight_bytes(const QConv& conv, const WeightTile& tile, bool depthwise,
                                       const hw::MachineFormat& format);

/// Zero weights of a tile in 256ths, rounded down (hw::Conv::zero_share).
std::int64_t zero_share(const QConv& conv, const WeightTile& tile, bool depthwise);

/// Biases, multipliers (per-channel scheme), packed shifts of out channels [begin, begin + count).
std::vector<std::uint8_t> parameter_bytes(const QConv& conv, std::int64_t out_begin, std::int64_t out_count,
                                          const hw::MachineFormat& format);

}  // namespace npu::compiler
