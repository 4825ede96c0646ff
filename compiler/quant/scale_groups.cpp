#include "compiler/quant/scale_groups.h"

#include <algorithm>

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
    for (const Node& node : graph_.nodes) {
      if (keeps_scale(node.op)) join(node.output, node.inputs[0]);
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
  void join(const std::string& value, const std::string& other) {
    groups_.leader[find_leader(value)] = find_leader(other);
  }

  bool can_follow(const std::string& value) const {
    const auto found = producer_.find(value);
    if (found == producer_.end() || readers_.at(value) != 1) return false;
    const Node& node = *found->second;
    return !keeps_scale(node.op) || can_follow(node.inputs[0]);
  }

  void join_inputs(const Node& node) {
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      if (can_follow(node.inputs[i])) {
        join(node.inputs[i], node.output);
      } else {
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
