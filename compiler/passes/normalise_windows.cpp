// Algorithm, for each convolution and pool:
//  1. Along each axis, the padding that the last window needs behind the map is
//     (outputs - 1) * stride + kernel - size - pad before, at least 0.
//  2. An average pool that counts its padding does not count what lies behind it: with ceil_mode, where the
//  last window
//     reaches beyond the padding, the padding becomes part of the map (a 1x1 depthwise convolution of ones
//     makes the larger map), and the pool counts pixels of that. Without padding it counts real pixels only.
//  3. Set the pad behind to what is needed and ceil_mode to false: the number of outputs stays. Average pools
//  without any
//     padding lose count_include_pad.
#include <algorithm>

#include "compiler/passes/graph_edit.h"
#include "compiler/passes/passes.h"

namespace npu::compiler {
namespace {

std::int64_t needed_pad(std::int64_t outputs, std::int64_t size, std::int64_t kernel, std::int64_t stride,
                        std::int64_t pad_before) {
  return std::max<std::int64_t>(0, (outputs - 1) * stride + kernel - size - pad_before);
}

bool has_pads(const Window& window) {
  return window.pad_top != 0 || window.pad_left != 0 || window.pad_bottom != 0 || window.pad_right != 0;
}

Window normalised(const Window& window, const MapShape& in, const MapShape& out) {
  Window plain = window;
  plain.ceil_mode = false;
  plain.pad_bottom =
      needed_pad(out.height, in.height, window.kernel_height, window.stride_height, window.pad_top);
  plain.pad_right =
      needed_pad(out.width, in.width, window.kernel_width, window.stride_width, window.pad_left);
  return plain;
}

/// Hands its input on, with the zeros of `window`'s padding around it.
Node padding_node(const Window& window, const MapShape& in, const std::string& input, NameSet& names) {
  ConvOp conv;
  conv.window.pad_top = window.pad_top;
  conv.window.pad_left = window.pad_left;
  conv.window.pad_bottom = window.pad_bottom;
  conv.window.pad_right = window.pad_right;
  conv.groups = in.channels;
  conv.out_channels = in.channels;
  conv.weights = make_array(std::vector<float>(static_cast<std::size_t>(in.channels), 1.0F));
  const std::string name = names.fresh(input + ".padded");
  return {name, conv, {input}, name};
}

/// Pads of `pool` become a node of their own, which is returned; the pool keeps what its last windows need
/// beyond.
Node split_padding(Node& node, AveragePoolOp& pool, const Window& plain, const MapShape& in, NameSet& names) {
  Node padding = padding_node(pool.window, in, node.inputs[0], names);
  Window rest = plain;
  rest.pad_bottom = std::max<std::int64_t>(0, plain.pad_bottom - pool.window.pad_bottom);
  rest.pad_right = std::max<std::int64_t>(0, plain.pad_right - pool.window.pad_right);
  rest.pad_top = rest.pad_left = 0;
  pool = {rest, false};
  node.inputs[0] = padding.output;
  return padding;
}

/// The padded map has the scale of the map, if one is given: zero has an integer in every scale.
void give_padded_scale(GivenQuantization& given, const Node& padding) {
  const auto known = given.tensors.find(padding.inputs[0]);
  if (known != given.tensors.end()) {
    given.tensors[padding.output] = known->second;
  }
}

bool reaches_beyond(const Window& plain, const Window& window) {
  return plain.pad_bottom > window.pad_bottom || plain.pad_right > window.pad_right;
}

}  // namespace

Graph normalise_windows(Graph graph) {
  const ShapeMap shapes = infer_shapes(graph);
  NameSet names(graph);
  std::vector<Node> nodes;
  for (Node& node : graph.nodes) {
    const MapShape& in = shapes.at(node.inputs.at(0));
    const MapShape& out = shapes.at(node.output);
    if (auto* conv = std::get_if<ConvOp>(&node.op)) {
      conv->window = normalised(conv->window, in, out);
    } else if (auto* max_pool = std::get_if<MaxPoolOp>(&node.op)) {
      max_pool->window = normalised(max_pool->window, in, out);
    } else if (auto* pool = std::get_if<AveragePoolOp>(&node.op)) {
      const Window plain = normalised(pool->window, in, out);
      const bool beyond = pool->count_include_pad && reaches_beyond(plain, pool->window);
      if (beyond && has_pads(pool->window)) {
        nodes.push_back(split_padding(node, *pool, plain, in, names));
        give_padded_scale(graph.given, nodes.back());
      } else {
        *pool = {plain, pool->count_include_pad && !beyond && has_pads(plain)};
      }
    }
    nodes.push_back(std::move(node));
  }
  graph.nodes = std::move(nodes);
  return graph;
}

}  // namespace npu::compiler
