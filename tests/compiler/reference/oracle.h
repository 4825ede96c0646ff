// Brute-force oracle of the quantised operators: every window and tap by index, no padding tricks, 128-bit
// integers, its own rounding and clamping. Shares no code with the interpreter or hw/numerics.
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/quant/quantized_graph.h"

namespace npu::tests {

/// Values of every tensor, [row][column][channel], by TensorId.
std::vector<std::vector<std::int32_t>> run_oracle(const compiler::QuantizedGraph& graph,
                                                  const std::vector<std::int32_t>& input);

}  // namespace npu::tests
