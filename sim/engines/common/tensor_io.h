// Feature maps in a DRAM image: dense host arrays in and out of the layout that TensorSymbol describes.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "hw/isa/program.h"

namespace npu::sim {

/// A zeroed DRAM image with instructions and constants in place.
std::vector<std::uint8_t> initial_dram(const hw::Program& program);

/// Values as the machine's DRAM holds them: little-endian elements of `element_bytes`, dense.
std::vector<std::uint8_t> element_bytes_of(std::span<const std::int32_t> values, int element_bytes);

/// `values` [image][row][column][channel]. Throws ProgramError if the size is wrong.
void write_tensor(std::span<std::uint8_t> dram, const hw::TensorSymbol& tensor,
                  const hw::MachineFormat& format, std::span<const std::int32_t> values);
std::vector<std::int32_t> read_tensor(std::span<const std::uint8_t> dram, const hw::TensorSymbol& tensor,
                                      const hw::MachineFormat& format);

}  // namespace npu::sim
