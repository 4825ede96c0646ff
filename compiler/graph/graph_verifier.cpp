// The verifier that runs on an imported graph and after every pass: names, order, arities, array sizes and
// values.
//
// Algorithm:
//  1. Node names and output values are non-empty and unique; no node makes the network's input again.
//  2. Shape inference: every input is made earlier, arities and window geometry are right.
//  3. Each operator's arrays have the sizes that the shapes demand and hold finite numbers only.
//  4. Activations have ordered bounds; a softmax stands only where the network ends.
//  5. The network's output is a value, and every node's output leads to it.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "compiler/graph/graph.h"
#include "hw/common/error.h"

namespace npu::compiler {
namespace {

/// Arrays and attributes of one node.
class NodeVerifier {
 public:
  NodeVerifier(const Node& node, const ShapeMap& shapes) : node_(node), shapes_(shapes) {}

  void operator()(const ConvOp& op) const {
    const Window& window = op.window;
    const std::int64_t kernel = window.kernel_height * window.kernel_width;
    check_array("weights", op.weights, op.out_channels * (input().channels / op.groups) * kernel);
    check_optional("bias", op.bias, op.out_channels);
    check_optional("output mean", op.output_mean, op.out_channels);
    check_optional("output deviation", op.output_deviation, op.out_channels);
    if (op.output_mean->size() != op.output_deviation->size()) {
      fail("found only one of output mean and output deviation, expected both or none");
    }
    check_activation(op.activation);
  }
  void operator()(const BatchNormOp& op) const {
    check_array("scale", op.scale, input().channels);
    check_array("bias", op.bias, input().channels);
    check_array("mean", op.mean, input().channels);
    check_array("variance", op.variance, input().channels);
    for (std::size_t channel = 0; channel < op.variance->size(); ++channel) {
      const float variance = (*op.variance)[channel];
      if (!(variance >= 0) || !(variance + op.epsilon > 0) || !std::isfinite(op.epsilon)) {
        fail(fmt::format(
            "found variance {} and epsilon {} at channel {}, expected variance >= 0 and a positive sum",
            variance, op.epsilon, channel));
      }
    }
  }
  void operator()(const ActivationOp& op) const { check_activation(op.activation); }
  void operator()(const AddOp& op) const { check_activation(op.activation); }
  void operator()(const GemmOp& op) const {
    check_array("weights", op.weights, op.out_features * input().elements());
    check_optional("bias", op.bias, op.out_features);
  }
  template <typename NoArrays>
  void operator()(const NoArrays&) const {}

  [[noreturn]] void fail(const std::string& problem) const {
    throw GraphError(node_.name, fmt::format("{}: {}", operator_name(node_.op), problem));
  }

 private:
  const MapShape& input() const { return shapes_.at(node_.inputs[0]); }

  void check_array(const char* what, const FloatArray& array, std::int64_t expected) const {
    if (array == nullptr) {
      fail(fmt::format("found no array of {}", what));
    }
    if (static_cast<std::int64_t>(array->size()) != expected) {
      fail(fmt::format("found {} values of {}, expected {}", array->size(), what, expected));
    }
    const auto bad =
        std::find_if_not(array->begin(), array->end(), [](float value) { return std::isfinite(value); });
    if (bad != array->end()) {
      fail(fmt::format("found {} at index {} of {}, expected finite numbers", *bad, bad - array->begin(),
                       what));
    }
  }
  void check_optional(const char* what, const FloatArray& array, std::int64_t expected) const {
    if (array == nullptr || !array->empty()) {
      check_array(what, array, expected);
    }
  }
  void check_activation(const Activation& activation) const {
    if (activation.kind == Activation::Kind::kClamp && !(activation.low <= activation.high)) {
      fail(fmt::format("found activation bounds {} and {}, expected low <= high", activation.low,
                       activation.high));
    }
    if (activation.kind == Activation::Kind::kLeaky && !std::isfinite(activation.alpha)) {
      fail(fmt::format("found alpha {}, expected a finite number", activation.alpha));
    }
  }

  const Node& node_;
  const ShapeMap& shapes_;
};

void check_names(const Graph& graph) {
  if (graph.input.empty()) {
    throw GraphError(graph.name, "the network's input value has no name");
  }
  if (graph.nodes.empty()) {
    throw GraphError(graph.name, "the network has no operators");
  }
  std::set<std::string> names;
  std::set<std::string> values{graph.input};
  for (const Node& node : graph.nodes) {
    if (node.name.empty() || !names.insert(node.name).second) {
      throw GraphError(node.name, "found an empty or repeated node name, expected unique names");
    }
    if (node.output.empty() || !values.insert(node.output).second) {
      throw GraphError(node.name,
                       fmt::format("found output value '{}', which is empty or made twice", node.output));
    }
  }
  if (!values.contains(graph.output)) {
    throw GraphError(graph.name, fmt::format("the network's output '{}' is made by no node", graph.output));
  }
}

/// Step 5, backwards from the output; also finds a softmax that is not the end.
void check_reachability(const Graph& graph) {
  std::set<std::string> needed{graph.output};
  for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node) {
    if (!needed.contains(node->output)) {
      throw GraphError(node->name,
                       fmt::format("{}: its output '{}' does not lead to the network's output '{}'",
                                   operator_name(node->op), node->output, graph.output));
    }
    if (std::holds_alternative<SoftmaxOp>(node->op) && node->output != graph.output) {
      throw GraphError(node->name,
                       "softmax: found in the middle of the network, supported only as its last operator");
    }
    needed.insert(node->inputs.begin(), node->inputs.end());
  }
  if (!needed.contains(graph.input)) {
    throw GraphError(graph.name,
                     fmt::format("the network's output does not depend on its input '{}'", graph.input));
  }
}

}  // namespace

void verify_graph(const Graph& graph) {
  check_names(graph);
  const ShapeMap shapes = infer_shapes(graph);
  for (const Node& node : graph.nodes) {
    std::visit(NodeVerifier(node, shapes), node.op);
  }
  check_reachability(graph);
}

}  // namespace npu::compiler
