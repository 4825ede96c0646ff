// Where a CONV finds its operands and puts its results, resolved from the instruction and the memories.
#pragma once

#include <cstdint>

#include "hw/isa/instruction.h"
#include "hw/isa/program.h"
#include "hw/kernels/memory_view.h"
#include "hw/kernels/tile.h"

namespace npu::hw {

/// Partial sums are [out_row][out_column][out_channel], dense.
struct ConvOperands {
  InputTile input;
  const std::uint8_t* weights = nullptr;
  const std::uint8_t* parameters = nullptr;       ///< read if `last`
  const std::int64_t* accumulators_in = nullptr;  ///< read unless `first`
  std::int64_t* accumulators_out = nullptr;       ///< written unless `last`; may equal accumulators_in
  OutputTile output;                              ///< written if `last`
};

inline ConvOperands conv_inputs(const Conv& conv, const MemoryView& memory) {
  ConvOperands operands;
  operands.input = {memory.global_buffer.data() + conv.in_address, conv.in_row_stride, conv.in_pixel_stride};
  operands.weights = memory.weight_sram.data() + conv.weight_address;
  operands.parameters = memory.weight_sram.data() + conv.parameter_address;
  operands.accumulators_in = memory.accumulators.data() + conv.acc_address;
  return operands;
}

}  // namespace npu::hw
