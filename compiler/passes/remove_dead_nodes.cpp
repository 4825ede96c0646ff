// Algorithm:
//  1. Walk the nodes from the last to the first, with the set of values that are needed: the output, at
//  first.
//  2. A node whose output is needed stays, and its inputs are needed; any other node is removed.
#include <algorithm>
#include <set>

#include "compiler/passes/passes.h"

namespace npu::compiler {

Graph remove_dead_nodes(Graph graph) {
  std::set<std::string> needed{graph.output};
  std::vector<Node> kept;
  for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node) {
    if (needed.contains(node->output)) {
      needed.insert(node->inputs.begin(), node->inputs.end());
      kept.push_back(std::move(*node));
    }
  }
  std::reverse(kept.begin(), kept.end());
  graph.nodes = std::move(kept);
  return graph;
}

}  // namespace npu::compiler
