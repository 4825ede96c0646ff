#include "compiler/passes/graph_edit.h"

#include <fmt/core.h>

#include <algorithm>

#include "hw/common/error.h"

namespace npu::compiler {

GraphIndex::GraphIndex(const Graph& graph) : output_(graph.output) {
  producers_[graph.input] = kNone;
  consumers_[graph.input];
  for (std::size_t index = 0; index < graph.nodes.size(); ++index) {
    const Node& node = graph.nodes[index];
    producers_[node.output] = static_cast<std::ptrdiff_t>(index);
    consumers_[node.output];
    for (const std::string& input : node.inputs) {
      consumers_[input].push_back(index);
    }
  }
}

std::ptrdiff_t GraphIndex::producer(const std::string& value) const { return producers_.at(value); }

const std::vector<std::size_t>& GraphIndex::consumers(const std::string& value) const {
  return consumers_.at(value);
}

bool GraphIndex::has_single_use(const std::string& value) const {
  return value != output_ && consumers_.at(value).size() == 1;
}

Graph bypass_nodes(Graph graph, const std::function<bool(const Node&)>& drop) {
  std::map<std::string, std::string>
      replacement;  // chains are resolved already: nodes come in topological order
  const auto resolve = [&](std::string& value) {
    const auto found = replacement.find(value);
    if (found != replacement.end()) {
      value = found->second;
    }
  };
  std::vector<Node> kept;
  for (Node& node : graph.nodes) {
    std::for_each(node.inputs.begin(), node.inputs.end(), resolve);
    if (drop(node)) {
      carry_given(graph.given, node.output, node.inputs.at(0), node.name);
      replacement[node.output] = node.inputs.at(0);
    } else {
      kept.push_back(std::move(node));
    }
  }
  graph.nodes = std::move(kept);
  if (graph.nodes.empty()) {
    throw GraphError(graph.name, "the network computes nothing: all its operators hand on their input");
  }
  std::string source = graph.output;
  resolve(source);
  if (source != graph.output && source != graph.input) {
    carry_given(graph.given, source, graph.output, graph.name);
    for (Node& node : graph.nodes) {
      std::replace(node.inputs.begin(), node.inputs.end(), source, graph.output);
      if (node.output == source) {
        node.output = graph.output;
      }
    }
  } else {
    graph.output = source;
  }
  return graph;
}

NameSet::NameSet(const Graph& graph) : names_{graph.input} {
  for (const Node& node : graph.nodes) {
    names_.insert(node.name);
    names_.insert(node.output);
  }
}

std::string NameSet::fresh(const std::string& base) {
  std::string name = base;
  for (int number = 2; !names_.insert(name).second; ++number) {
    name = fmt::format("{}_{}", base, number);
  }
  return name;
}

}  // namespace npu::compiler
