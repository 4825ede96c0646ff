// The network as timing sees it: the nodes and shapes that quantisation would give, without weights, scales
// or calibration. Models: operators, windows, groups, views and copies of concatenations, order. Does not
// model: values; programs made from it cannot compute.
#pragma once

#include "compiler/graph/graph.h"
#include "compiler/quant/quantized_graph.h"

namespace npu::compiler {

/// Same tensors and nodes as quantize() makes of `canonical`, with empty weights, biases and shifts. Element
/// widths are left at their defaults: compile_shapes takes the machine's. Throws GraphError where quantize
/// would refuse an operator. `shift_bits`: of the quantisation; decides which given scales are shifts, and
/// where others make a LeakyReLU a layer of its own.
QuantizedGraph shape_graph(const Graph& canonical, int shift_bits = 4);

}  // namespace npu::compiler
