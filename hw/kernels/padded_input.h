// The input of a CONV with its padding filled in, as the array's feeders see it.
#pragma once

#include <cstdint>
#include <vector>

#include "hw/isa/program.h"
#include "hw/kernels/memory_view.h"

namespace npu::hw {

/// Dense [row][column][channel] of ((out_height - 1) * stride_height + kernel_height) x ... pixels; positions
/// outside the tile hold the input zero point. The instruction's regions must lie inside `memory`.
std::vector<std::uint8_t> padded_input(const Conv& conv, const MachineFormat& format,
                                       const MemoryView& memory);

}  // namespace npu::hw
