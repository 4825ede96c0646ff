// Algorithm, for each activation node in order, with x its input:
//  1. x can absorb the activation if nothing else reads it and it is made by
//     - a convolution, an addition or another activation whose own activation composes with it into one;
//     - a max pool whose input can absorb it: a non-decreasing function and a maximum may change places;
//     - a concat all of whose inputs can absorb it.
//  2. If x can, compose it into those producers and remove the node; the producer of x makes its output from
//  now on, and
//     values whose contents changed get new names.
//  3. If x cannot, the node stays.
// A value with a given scale (a QDQ model) is rounded to integers: what stands behind it is not moved in
// front of it, but for a clamp whose output has the same scale, which comes to the same integers. Clamps
// compose with clamps into clamps; LeakyReLU absorbs a clamp to non-negative numbers behind it.
#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "compiler/passes/graph_edit.h"
#include "compiler/passes/passes.h"

namespace npu::compiler {
namespace {

constexpr int kDeepestChain = 64;  ///< of pools and concats between an activation and its producers

bool is_non_decreasing(const Activation& activation) {
  return activation.kind != Activation::Kind::kLeaky || activation.alpha >= 0;
}

/// The activation that does `first`, then `second`, if there is one.
std::optional<Activation> compose(const Activation& first, const Activation& second) {
  if (first.kind == Activation::Kind::kNone) {
    return second;
  }
  if (second.kind == Activation::Kind::kClamp && first.kind == Activation::Kind::kClamp) {
    Activation both = first;
    both.low = std::clamp(first.low, second.low, second.high);
    both.high = std::clamp(first.high, second.low, second.high);
    return both;
  }
  const bool cuts_negative = second.kind == Activation::Kind::kClamp && second.low >= 0;
  if (first.kind == Activation::Kind::kLeaky && first.alpha >= 0 && cuts_negative) {
    return second;
  }
  const bool stays_positive = first.kind == Activation::Kind::kClamp && first.low >= 0;
  if (second.kind == Activation::Kind::kLeaky && stays_positive) {
    return first;
  }
  return std::nullopt;
}

Activation* activation_of(Operator& op) {
  if (auto* conv = std::get_if<ConvOp>(&op)) {
    return &conv->activation;
  }
  if (auto* add = std::get_if<AddOp>(&op)) {
    return &add->activation;
  }
  if (auto* activation = std::get_if<ActivationOp>(&op)) {
    return &activation->activation;
  }
  return nullptr;
}

class ActivationFuser {
 public:
  explicit ActivationFuser(Graph graph) : graph_(std::move(graph)), index_(graph_), names_(graph_) {
    for (std::size_t position = 0; position < graph_.nodes.size(); ++position) {
      producer_[graph_.nodes[position].output] = position;
    }
  }

  Graph run() {
    std::vector<bool> fused(graph_.nodes.size(), false);
    for (std::size_t position = 0; position < graph_.nodes.size(); ++position) {
      Node& node = graph_.nodes[position];
      const auto* op = std::get_if<ActivationOp>(&node.op);
      if (op == nullptr || !can_absorb(node, *op)) {
        continue;
      }
      const Activation activation = op->activation;
      graph_.given.tensors.erase(node.inputs[0]);
      absorb(node.inputs[0], activation);
      const std::size_t producer = producer_.at(node.inputs[0]);
      graph_.nodes[producer].output = node.output;
      producer_[node.output] = producer;
      fused[position] = true;
    }
    remove(fused);
    return std::move(graph_);
  }

 private:
  /// Fusing never changes how often a value is used, so that the original graph can tell.
  bool has_single_use(const std::string& value) const {
    return renamed_.contains(value) || index_.has_single_use(value);
  }

  bool can_absorb(const Node& node, const ActivationOp& op) {
    const std::string& input = node.inputs[0];
    const auto given = graph_.given.tensors.find(input);
    const auto output = graph_.given.tensors.find(node.output);
    const bool same_integers = given != graph_.given.tensors.end() && output != graph_.given.tensors.end() &&
                               given->second.scale && given->second.scale == output->second.scale &&
                               op.activation.kind == Activation::Kind::kClamp && producer_.contains(input) &&
                               activation_of(graph_.nodes[producer_.at(input)].op) != nullptr;
    return can_absorb(input, op.activation, kDeepestChain, same_integers);
  }

  bool can_absorb(const std::string& value, const Activation& activation, int depth,
                  bool through_scale = false) {
    const auto producer = producer_.find(value);
    if (producer == producer_.end() || !has_single_use(value) || depth == 0 ||
        (graph_.given.has_tensor(value) && !through_scale)) {
      return false;
    }
    Node& node = graph_.nodes[producer->second];
    if (const Activation* own = activation_of(node.op)) {
      return compose(*own, activation).has_value();
    }
    const bool passes_through =
        std::holds_alternative<MaxPoolOp>(node.op) || std::holds_alternative<ConcatOp>(node.op);
    return passes_through && is_non_decreasing(activation) &&
           std::all_of(node.inputs.begin(), node.inputs.end(),
                       [&](const std::string& input) { return can_absorb(input, activation, depth - 1); });
  }

  void absorb(const std::string& value, const Activation& activation) {
    Node& node = graph_.nodes[producer_.at(value)];
    if (Activation* own = activation_of(node.op)) {
      *own = *compose(*own, activation);
      return;
    }
    for (std::string& input : node.inputs) {
      absorb(input, activation);
      rename(input);
    }
  }

  /// Its contents changed. Its only use is the input that is given.
  void rename(std::string& value) {
    const std::size_t producer = producer_.at(value);
    value = names_.fresh(value + ".activated");
    graph_.nodes[producer].output = value;
    producer_[value] = producer;
    renamed_.insert(value);
  }

  void remove(const std::vector<bool>& fused) {
    std::vector<Node> kept;
    for (std::size_t position = 0; position < graph_.nodes.size(); ++position) {
      if (!fused[position]) {
        kept.push_back(std::move(graph_.nodes[position]));
      }
    }
    graph_.nodes = std::move(kept);
  }

  Graph graph_;
  GraphIndex index_;
  std::map<std::string, std::size_t> producer_;
  NameSet names_;
  std::set<std::string> renamed_;  ///< values that index_ does not know; each has a single use
};

}  // namespace

Graph fuse_activations(Graph graph) { return ActivationFuser(std::move(graph)).run(); }

}  // namespace npu::compiler
