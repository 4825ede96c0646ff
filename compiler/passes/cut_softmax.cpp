// Algorithm:
//  1. If the node that makes the network's output is a softmax, remove it; its input is the network's output
//  now.
//  2. Note that in the graph, so that the host can apply it. It applies one: of two, check_canonical refuses
//  the other.
#include <algorithm>

#include "compiler/passes/passes.h"

namespace npu::compiler {

Graph cut_softmax(Graph graph) {
  const auto last = std::find_if(graph.nodes.begin(), graph.nodes.end(),
                                 [&](const Node& node) { return node.output == graph.output; });
  if (last != graph.nodes.end() && std::holds_alternative<SoftmaxOp>(last->op)) {
    graph.given.tensors.erase(graph.output);  // the host's probabilities are floats
    graph.output = last->inputs.at(0);
    graph.ends_in_softmax = true;
    graph.nodes.erase(last);
  }
  return graph;
}

}  // namespace npu::compiler
