// Shape inference on the float graph: one function per operator. Checks what shapes depend on (channel
// counts, window geometry, sizes); the structure of the graph and the contents of its arrays are
// graph_verifier.cpp's.
//
// Algorithm:
//  1. The network's input has its declared shape, which must be positive and within the limits.
//  2. For each node in order, look up the shapes of its inputs; a value that no earlier node makes is an
//  error.
//  3. Compute the output's shape from the operator; check its limits and record it.
#include <fmt/core.h>

#include "compiler/graph/graph.h"
#include "hw/common/error.h"

namespace npu::compiler {
namespace {

std::string text(const MapShape& shape) {
  return fmt::format("[{}, {}, {}]", shape.channels, shape.height, shape.width);
}

/// Inputs and faults of one node.
class NodeShapes {
 public:
  NodeShapes(const Node& node, const ShapeMap& shapes) : node_(node) {
    for (const std::string& input : node.inputs) {
      const auto found = shapes.find(input);
      if (found == shapes.end()) {
        fail(fmt::format("input value '{}' is made by no earlier node", input));
      }
      inputs_.push_back(found->second);
    }
  }

  [[noreturn]] void fail(const std::string& problem) const {
    throw GraphError(node_.name, fmt::format("{}: {}", operator_name(node_.op), problem));
  }

  void expect_inputs(std::size_t count) const {
    if (inputs_.size() != count) {
      fail(fmt::format("found {} inputs, expected {}", inputs_.size(), count));
    }
  }

  const MapShape& only_input() const {
    expect_inputs(1);
    return inputs_[0];
  }

  const std::vector<MapShape>& inputs() const { return inputs_; }

  void check_window(const Window& window) const {
    check_range("kernel", window.kernel_height, window.kernel_width, 1);
    if (window.kernel_height * window.kernel_width >=
        kMaximumElements) {  // keeps weight counts within 64 bits
      fail(fmt::format("found a kernel of {} x {}, too large", window.kernel_height, window.kernel_width));
    }
    check_range("stride", window.stride_height, window.stride_width, 1);
    check_range("top and left pads", window.pad_top, window.pad_left, 0);
    check_range("bottom and right pads", window.pad_bottom, window.pad_right, 0);
  }

  /// Every window of a pool must hold a real pixel.
  void check_pool_pads(const Window& window) const {
    if (window.pad_top >= window.kernel_height || window.pad_bottom >= window.kernel_height ||
        window.pad_left >= window.kernel_width || window.pad_right >= window.kernel_width) {
      fail(fmt::format("found pads [{}, {}, {}, {}], expected pads smaller than the kernel {} x {}",
                       window.pad_top, window.pad_left, window.pad_bottom, window.pad_right,
                       window.kernel_height, window.kernel_width));
    }
  }

  MapShape slide(const Window& window, std::int64_t out_channels) const {
    const MapShape& in = inputs_[0];
    const MapShape out{out_channels,
                       window_output(in.height, window.kernel_height, window.stride_height, window.pad_top,
                                     window.pad_bottom, window.ceil_mode),
                       window_output(in.width, window.kernel_width, window.stride_width, window.pad_left,
                                     window.pad_right, window.ceil_mode)};
    if (out.height < 1 || out.width < 1) {
      fail(fmt::format(
          "a {} x {} kernel gives no output on the padded input: found input {}, pads [{}, {}, {}, {}]",
          window.kernel_height, window.kernel_width, text(in), window.pad_top, window.pad_left,
          window.pad_bottom, window.pad_right));
    }
    return out;
  }

 private:
  void check_range(const char* what, std::int64_t vertical, std::int64_t horizontal, std::int64_t low) const {
    if (vertical < low || vertical > kMaximumExtent || horizontal < low || horizontal > kMaximumExtent) {
      fail(fmt::format("found {} [{}, {}], expected {} to {}", what, vertical, horizontal, low,
                       kMaximumExtent));
    }
  }

  const Node& node_;
  std::vector<MapShape> inputs_;
};

/// Output shape by operator.
struct ShapeOf {
  const NodeShapes& node;

  MapShape operator()(const ConvOp& op) const {
    const MapShape& in = node.only_input();
    node.check_window(op.window);
    if (op.window.ceil_mode) {
      node.fail("found ceil_mode, which only pools have");
    }
    if (op.groups < 1 || op.out_channels < 1 || in.channels % op.groups != 0 ||
        op.out_channels % op.groups != 0) {
      node.fail(fmt::format("found {} groups for {} input and {} output channels, expected a divisor of both",
                            op.groups, in.channels, op.out_channels));
    }
    return node.slide(op.window, op.out_channels);
  }
  MapShape operator()(const AddOp&) const {
    node.expect_inputs(2);
    if (node.inputs()[0] != node.inputs()[1]) {
      node.fail(fmt::format("found inputs of shapes {} and {}, expected equal shapes", text(node.inputs()[0]),
                            text(node.inputs()[1])));
    }
    return node.inputs()[0];
  }
  MapShape operator()(const ConcatOp&) const {
    if (node.inputs().empty()) {
      node.fail("found no inputs, expected at least 1");
    }
    MapShape out = node.inputs()[0];
    out.channels = 0;
    for (const MapShape& in : node.inputs()) {
      if (in.height != out.height || in.width != out.width) {
        node.fail(fmt::format("found inputs of shapes {} and {}, expected equal heights and widths",
                              text(node.inputs()[0]), text(in)));
      }
      out.channels += in.channels;
    }
    return out;
  }
  MapShape operator()(const MaxPoolOp& op) const { return pool(op.window); }
  MapShape operator()(const AveragePoolOp& op) const { return pool(op.window); }
  MapShape operator()(const GlobalAveragePoolOp&) const { return {node.only_input().channels, 1, 1}; }
  MapShape operator()(const FlattenOp&) const { return {node.only_input().elements(), 1, 1}; }
  MapShape operator()(const GemmOp& op) const {
    const MapShape& in = node.only_input();
    if (in.height != 1 || in.width != 1) {
      node.fail(fmt::format("found input {}, expected a vector of features (height and width 1)", text(in)));
    }
    if (op.out_features < 1) {
      node.fail(fmt::format("found {} output features, expected at least 1", op.out_features));
    }
    return {op.out_features, 1, 1};
  }
  MapShape operator()(const PadOp& op) const {
    const MapShape& in = node.only_input();
    for (const std::int64_t pad : {op.top, op.left, op.bottom, op.right}) {
      if (pad < 0 || pad > kMaximumExtent) {
        node.fail(fmt::format("found a pad of {}, expected 0 to {}", pad, kMaximumExtent));
      }
    }
    return {in.channels, in.height + op.top + op.bottom, in.width + op.left + op.right};
  }
  template <typename SameShape>  // batch norm, activation, identity, softmax
  MapShape operator()(const SameShape&) const {
    return node.only_input();
  }

 private:
  MapShape pool(const Window& window) const {
    const MapShape& in = node.only_input();
    node.check_window(window);
    node.check_pool_pads(window);
    return node.slide(window, in.channels);
  }
};

/// Features behind a Flatten may be more than one axis holds: the Gemm behind it sees them as a feature map.
void check_limits(const std::string& where, const MapShape& shape, bool flattened) {
  for (const std::int64_t extent : {shape.height, shape.width, flattened ? 1 : shape.channels}) {
    if (extent < 1 || extent > kMaximumExtent) {
      throw GraphError(where, fmt::format("found feature map {}, expected 1 to {} along each axis",
                                          text(shape), kMaximumExtent));
    }
  }
  // Each axis is below 2^31 by now, height and width below 2^16: no product overflows 64 bits.
  if (shape.elements() > kMaximumElements) {
    throw GraphError(where, fmt::format("found feature map {}, expected at most {} elements", text(shape),
                                        kMaximumElements));
  }
}

}  // namespace

MapShape infer_node_shape(const Node& node, const ShapeMap& shapes) {
  const NodeShapes node_shapes(node, shapes);
  const MapShape out = std::visit(ShapeOf{node_shapes}, node.op);
  check_limits(node.name, out, std::holds_alternative<FlattenOp>(node.op));
  return out;
}

ShapeMap infer_shapes(const Graph& graph) {
  ShapeMap shapes;
  check_limits(graph.input, graph.input_shape, false);
  shapes[graph.input] = graph.input_shape;
  for (const Node& node : graph.nodes) {
    shapes[node.output] = infer_node_shape(node, shapes);
  }
  return shapes;
}

}  // namespace npu::compiler
