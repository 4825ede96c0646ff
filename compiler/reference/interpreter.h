// Plain-loop execution of the quantised graph: the oracle the engines are compared with. Written for clarity; calls
// hw/numerics for every rounding and nothing of hw/kernels.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "compiler/quant/quantized_graph.h"

namespace npu::compiler {

struct InterpreterResult {
  /// Values of every tensor, [row][column][channel], by TensorId.
  std::vector<std::vector<std::int32_t>> tensors;
  /// Outputs cut by the type's range, by node.
  std::vector<std::int64_t> saturated;
};

/// input [row][column][channel]. Throws GraphError if its size or range is wrong.
InterpreterResult interpret(const QuantizedGraph& graph, std::span<const std::int32_t> input);

/// One node of `graph` on `tensors`, [row][column][channel] by TensorId, its inputs filled in; writes its output and
/// returns how many values the type's range cut. Nothing is checked: `graph` comes from the quantiser.
std::int64_t interpret_node(const QuantizedGraph& graph, const QNode& node,
                            std::vector<std::vector<std::int32_t>>& tensors);

}  // namespace npu::compiler
