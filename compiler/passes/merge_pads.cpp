// Algorithm, for each Pad in order:
//  1. Every user of its output must take the padding over:
//     - a convolution, whose own padding is zeros too;
//     - another Pad;
//     - an average pool that has no padding of its own or counts it: it counts the zeros from now on;
//     - a max pool whose input is never negative (behind a ReLU), so that a zero never wins against a real
//     pixel. Anything else is refused.
//  2. Add the pads to the user's and let it read the Pad's input; the Pad is dead then and removed at the
//  end.
#include <fmt/core.h>

#include <map>

#include "compiler/passes/passes.h"
#include "hw/common/error.h"

namespace npu::compiler {
namespace {

/// Whether a value can be negative, followed forwards from the activations.
class SignAnalysis {
 public:
  explicit SignAnalysis(const Graph& graph) {
    for (const Node& node : graph.nodes) {
      bool inputs_nonnegative = true;
      for (const std::string& input : node.inputs) {
        inputs_nonnegative = inputs_nonnegative && nonnegative_[input];
      }
      nonnegative_[node.output] = result(node.op, inputs_nonnegative);
    }
  }

  bool is_nonnegative(const std::string& value) const {
    const auto found = nonnegative_.find(value);
    return found != nonnegative_.end() && found->second;
  }

 private:
  /// None and LeakyReLU keep non-negative numbers as they are; a clamp from below zero might be one to below
  /// zero.
  static bool after(const Activation& activation, bool before) {
    return activation.kind == Activation::Kind::kClamp ? activation.low >= 0 : before;
  }
  static bool result(const Operator& op, bool inputs_nonnegative) {
    if (const auto* conv = std::get_if<ConvOp>(&op)) {
      return after(conv->activation, false);
    }
    if (const auto* activation = std::get_if<ActivationOp>(&op)) {
      return after(activation->activation, inputs_nonnegative);
    }
    if (const auto* add = std::get_if<AddOp>(&op)) {
      return after(add->activation, inputs_nonnegative);
    }
    if (std::holds_alternative<BatchNormOp>(op) || std::holds_alternative<GemmOp>(op)) {
      return false;
    }
    return inputs_nonnegative;  // concats, pools, padding, reshaping
  }

  std::map<std::string, bool> nonnegative_;
};

void add_pads(Window& window, const PadOp& pad) {
  window.pad_top += pad.top;
  window.pad_left += pad.left;
  window.pad_bottom += pad.bottom;
  window.pad_right += pad.right;
}

bool has_pads(const Window& window) {
  return window.pad_top != 0 || window.pad_left != 0 || window.pad_bottom != 0 || window.pad_right != 0;
}

/// Moves one Pad into one of its users.
class PadMerger {
 public:
  PadMerger(const Node& pad_node, bool nonnegative, Node& user)
      : pad_node_(pad_node), pad_(std::get<PadOp>(pad_node.op)), nonnegative_(nonnegative), user_(user) {}

  void run() { std::visit(*this, user_.op); }

  void operator()(ConvOp& conv) { add_pads(conv.window, pad_); }
  void operator()(PadOp& pad) {
    pad.top += pad_.top;
    pad.left += pad_.left;
    pad.bottom += pad_.bottom;
    pad.right += pad_.right;
  }
  void operator()(AveragePoolOp& pool) {
    if (has_pads(pool.window) && !pool.count_include_pad) {
      refuse("which has padding of its own that does not count in the average");
    }
    merge_into_pool(pool.window);
    pool.count_include_pad = true;
  }
  void operator()(MaxPoolOp& pool) {
    if (!nonnegative_) {
      refuse("whose input may be negative (there is no ReLU before it), so that the zeros would count");
    }
    merge_into_pool(pool.window);
  }
  template <typename Other>
  void operator()(Other&) {
    refuse("which cannot take it over");
  }

 private:
  void merge_into_pool(Window& window) {
    if (window.ceil_mode) {
      refuse("which has ceil_mode");
    }
    add_pads(window, pad_);
    if (window.pad_top >= window.kernel_height || window.pad_bottom >= window.kernel_height ||
        window.pad_left >= window.kernel_width || window.pad_right >= window.kernel_width) {
      refuse("whose windows would then lie in padding alone");
    }
  }

  [[noreturn]] void refuse(const std::string& reason) const {
    throw GraphError(
        pad_node_.name,
        fmt::format("pad: found in front of {} '{}', {}; supported in front of convolutions, average pools "
                    "and, behind a ReLU, max pools",
                    operator_name(user_.op), user_.name, reason));
  }

  const Node& pad_node_;
  const PadOp& pad_;
  bool nonnegative_;
  Node& user_;
};

}  // namespace

Graph merge_pads(Graph graph) {
  const SignAnalysis signs(graph);
  std::map<std::string, std::size_t> pads;  // by output value
  for (std::size_t index = 0; index < graph.nodes.size(); ++index) {
    Node& node = graph.nodes[index];
    for (std::string& input : node.inputs) {
      const auto pad = pads.find(input);
      if (pad != pads.end()) {
        const Node pad_node = graph.nodes[pad->second];
        carry_given(graph.given, pad_node.output, pad_node.inputs[0], pad_node.name);
        PadMerger(pad_node, signs.is_nonnegative(pad_node.inputs[0]), node).run();
        input = pad_node.inputs[0];
      }
    }
    if (std::holds_alternative<PadOp>(node.op)) {
      if (node.output == graph.output) {
        throw GraphError(
            node.name, "pad: found at the end of the network, supported in front of convolutions and pools");
      }
      pads[node.output] = index;
    }
  }
  return remove_dead_nodes(std::move(graph));
}

}  // namespace npu::compiler
