// Algorithm:
//  1. Infer shapes.
//  2. Remove each operator that returns its only input: identity; concat of one; activation that does
//  nothing; padding
//     by nothing; flatten and global average of a 1x1 map; pools of 1x1 windows at stride 1.
#include <cmath>

#include "compiler/passes/graph_edit.h"
#include "compiler/passes/passes.h"

namespace npu::compiler {
namespace {

struct IsIdentity {
  const Node& node;
  const ShapeMap& shapes;

  bool operator()(const IdentityOp&) const { return true; }
  bool operator()(const ConcatOp&) const { return node.inputs.size() == 1; }
  bool operator()(const ActivationOp& op) const {
    const Activation& activation = op.activation;
    return activation.kind == Activation::Kind::kNone ||
           (activation.kind == Activation::Kind::kClamp && std::isinf(activation.low) &&
            std::isinf(activation.high) && activation.low < activation.high) ||
           (activation.kind == Activation::Kind::kLeaky && activation.alpha == 1.0F);
  }
  bool operator()(const PadOp& op) const {
    return op.top == 0 && op.left == 0 && op.bottom == 0 && op.right == 0;
  }
  bool operator()(const FlattenOp&) const { return single_pixel(); }
  bool operator()(const GlobalAveragePoolOp&) const { return single_pixel(); }
  bool operator()(const MaxPoolOp& op) const { return is_single_pixel_window(op.window); }
  bool operator()(const AveragePoolOp& op) const { return is_single_pixel_window(op.window); }
  template <typename Other>
  bool operator()(const Other&) const {
    return false;
  }

 private:
  bool single_pixel() const {
    const MapShape& in = shapes.at(node.inputs[0]);
    return in.height == 1 && in.width == 1;
  }
  /// Pads of a pool are smaller than its kernel, so that there are none.
  static bool is_single_pixel_window(const Window& window) {
    return window.kernel_height == 1 && window.kernel_width == 1 && window.stride_height == 1 &&
           window.stride_width == 1;
  }
};

}  // namespace

Graph remove_identities(Graph graph) {
  const ShapeMap shapes = infer_shapes(graph);
  return bypass_nodes(std::move(graph), [&](const Node& node) {
    return std::visit(IsIdentity{node, shapes}, node.op);
  });
}

}  // namespace npu::compiler
