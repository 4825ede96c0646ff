// From the operators of a canonical graph to the operations of the machine, without numbers: which nodes and
// tensors the quantised network has, and where each comes from. The quantiser fills in weights and scales;
// timing needs no more than this (shape_graph.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "compiler/graph/graph.h"
#include "compiler/quant/quantized_graph.h"
#include "compiler/quant/scale_groups.h"

namespace npu::compiler {

/// What a node of the quantised network does for the node that it comes from.
enum class LoweredRole {
  kOperator,  ///< the operator itself
  kRescale,   ///< brings a tensor to the scale that a concatenation or the reader of a pool wants
  kLeaky,     ///< LeakyReLU as a layer of its own: a 1x1 depthwise convolution of ones
};

struct LoweredNode {
  std::size_t source = 0;  ///< position in the canonical graph
  LoweredRole role = LoweredRole::kOperator;
};

struct LoweredTensor {
  std::string value;  ///< of the canonical graph, whose scale the tensor has
  float alpha = 1;    ///< not 1: the sum in front of the LeakyReLU of this slope that makes `value`
};

struct Lowering {
  QuantizedGraph graph;                ///< empty weights, biases and shifts; scale 1
  std::vector<LoweredTensor> tensors;  ///< of graph.tensors
  std::vector<LoweredNode> nodes;      ///< of graph.nodes
};

/// Algorithm: nodes in order, one operation each, but
///  1. activations that no operator could take become a rescale, or, where leaky, a 1x1 depthwise convolution
///  of
///     ones: only a convolution's output stage has a second multiplier. So does LeakyReLU behind an addition
///     and behind the convolutions of `leaky_apart`;
///  2. concatenated values and pools that cannot have the common scale (`groups`) are rescaled.
/// Throws GraphError for an operator that is not canonical, and for averages that the machine cannot form.
Lowering lower(const Graph& canonical, const ScaleGroups& groups, const std::set<std::string>& leaky_apart);

/// Real pixels of a window -> number that its sum is divided by. Throws GraphError where windows with equally
/// many real pixels have different divisors: the machine chooses the multiplier by the number of real pixels.
std::map<std::int64_t, std::int64_t> average_divisors(const AveragePoolOp& op, const MapShape& input,
                                                      const std::string& node);

}  // namespace npu::compiler
