// Algorithm, in order:
//  1. For each flatten remember the map in front of it.
//  2. An activation behind a flatten that only fully connected layers read works on the map instead.
//  3. A fully connected layer becomes a convolution whose kernel is the whole map, without padding. ONNX
//  flattens channel
//     by channel, row by row, which is the order of convolution weights [out][channel][row][column]: they are
//     the same array.
//  4. Flattens that nothing reads any more are removed, and one that makes the network's output: the order of
//  elements
//     is the same. A flatten that something else reads remains and is refused by check_canonical.
#include <algorithm>
#include <map>

#include "compiler/passes/graph_edit.h"
#include "compiler/passes/passes.h"

namespace npu::compiler {
namespace {

ConvOp whole_map_convolution(const GemmOp& gemm, const MapShape& map) {
  ConvOp conv;
  conv.window.kernel_height = map.height;
  conv.window.kernel_width = map.width;
  conv.out_channels = gemm.out_features;
  conv.weights = gemm.weights;
  conv.bias = gemm.bias;
  return conv;
}

/// A map and the feature vector that a flatten made of it.
struct FlattenedMap {
  std::string map;
  MapShape shape;
};

bool feeds_gemms_only(const Graph& graph, const GraphIndex& index, const std::string& value) {
  const auto& consumers = index.consumers(value);
  return value != graph.output && std::all_of(consumers.begin(), consumers.end(), [&](std::size_t consumer) {
           return std::holds_alternative<GemmOp>(graph.nodes[consumer].op);
         });
}

}  // namespace

Graph gemms_to_convolutions(Graph graph) {
  const ShapeMap shapes = infer_shapes(graph);
  const GraphIndex index(graph);
  const Graph original = graph;  // arrays are shared: copying is cheap
  std::map<std::string, FlattenedMap> flattened;
  for (Node& node : graph.nodes) {
    const std::string input = node.inputs.at(0);
    const auto found = flattened.find(input);
    const FlattenedMap source =
        found == flattened.end() ? FlattenedMap{input, shapes.at(input)} : found->second;
    if (std::holds_alternative<FlattenOp>(node.op)) {
      carry_given(graph.given, node.output, source.map, node.name);
      flattened[node.output] = source;
    } else if (const auto* gemm = std::get_if<GemmOp>(&node.op)) {
      node.op = whole_map_convolution(*gemm, source.shape);
      node.inputs[0] = source.map;
    } else if (std::holds_alternative<ActivationOp>(node.op) && found != flattened.end() &&
               feeds_gemms_only(original, index, node.output)) {
      node.inputs[0] = source.map;
      flattened[node.output] = {node.output, source.shape};
    }
  }
  graph = remove_dead_nodes(std::move(graph));
  const std::string output = graph.output;
  return bypass_nodes(std::move(graph), [&](const Node& node) {
    return std::holds_alternative<FlattenOp>(node.op) && node.output == output;
  });
}

}  // namespace npu::compiler
