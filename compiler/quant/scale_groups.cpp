#include "compiler/quant/scale_groups.h"

#include <algorithm>

#include "hw/common/error.h"

namespace npu::compiler {
namespace {

bool keeps_scale(const Operator& op) {
  return std::holds_alternative<MaxPoolOp>(op) || std::holds_alternative<IdentityOp>(op) ||
         std::holds_alternative<FlattenOp>(op);
}

class Finder {
 public:
  explicit Finder(const Graph& graph) : graph_(graph) {
    groups_.leader[graph.input] = graph.input;
    for (const Node& node : graph.nodes) {
      producer_[node.output] = &node;
      groups_.leader[node.output] = node.output;
      for (const auto& input : node.inputs) ++readers_[input];
    }
  }

  ScaleGroups find() {
    for (const auto& [value, tensor] : graph_.given.tensors) {
      if (tensor.scale && groups_.leader.contains(value)) groups_.given[value] = *tensor.scale;
    }
    for (const Node& node : graph_.nodes) {
      if (keeps_scale(node.op)) join_output(node);
      if (std::holds_alternative<ConcatOp>(node.op)) join_inputs(node);
    }
    for (auto& [value, leader] : groups_.leader) leader = find_leader(value);
    return std::move(groups_);
  }

 private:
  std::string find_leader(std::string value) const {
    while (groups_.leader.at(value) != value) value = groups_.leader.at(value);
    return value;
  }
  // Whether the two groups could have one scale, which they have from now on then.
  bool join(const std::string& value, const std::string& other) {
    const std::string follower = find_leader(value);
    const std::string leader = find_leader(other);
    const auto own = groups_.given.find(follower);
    if (own != groups_.given.end() && follower != leader) {
      const auto [there, is_new] = groups_.given.emplace(leader, own->second);
      if (!is_new && !(there->second == own->second)) return false;
      groups_.given.erase(own);
    }
    groups_.leader[follower] = leader;
    return true;
  }

  void join_output(const Node& node) {
    if (join(node.output, node.inputs[0])) return;
    if (!std::holds_alternative<MaxPoolOp>(node.op)) {
      throw GraphError(node.name, "has another given scale than its input, whose numbers it hands on");
    }
    groups_.rescaled.insert(node.name);
  }

  bool can_follow(const std::string& value) const {
    const auto found = producer_.find(value);
    if (found == producer_.end() || readers_.at(value) != 1) return false;
    const Node& node = *found->second;
    return !keeps_scale(node.op) || groups_.rescaled.contains(node.name) || can_follow(node.inputs[0]);
  }

  void join_inputs(const Node& node) {
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      if (!can_follow(node.inputs[i]) || !join(node.inputs[i], node.output)) {
        groups_.copies.emplace(node.name, i);
      }
    }
  }

  const Graph& graph_;
  ScaleGroups groups_;
  std::map<std::string, const Node*> producer_;
  std::map<std::string, int> readers_;
};

}  // namespace

ScaleGroups find_scale_groups(const Graph& canonical) { return Finder(canonical).find(); }

}  // namespace npu::compiler
