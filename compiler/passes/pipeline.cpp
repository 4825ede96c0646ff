#include "compiler/passes/pipeline.h"

#include <array>
#include <set>

#include "compiler/passes/passes.h"
#include "hw/common/error.h"

namespace npu::compiler {
namespace {

using Pass = Graph (*)(Graph graph);

constexpr std::array<Pass, 9> kPasses{
    remove_dead_nodes, remove_identities,   cut_softmax,       merge_pads,       gemms_to_convolutions,
    fold_batch_norms,  expand_global_pools, normalise_windows, fuse_activations,
};

/// Every given scale still has the value, and every given layer the node, that it was given for.
void check_given(const Graph& graph) {
  std::set<std::string> names{graph.input};
  for (const Node& node : graph.nodes) {
    names.insert(node.output);
    names.insert(node.name);
  }
  for (const auto& [value, tensor] : graph.given.tensors) {
    if (!names.contains(value)) {
      throw GraphError(
          value,
          "has a scale of its own, and the operator that makes it was merged into another one: quantise "
          "the network behind that operator");
    }
  }
  for (const auto& [node, layer] : graph.given.layers) {
    if (!names.contains(node)) {
      throw GraphError(node, "has weights with a scale of their own, and was merged into another operator");
    }
  }
}

}  // namespace

Graph canonicalise(const Graph& graph) {
  Graph result = graph;
  for (const Pass pass : kPasses) {
    result = pass(std::move(result));
    verify_graph(result);
  }
  check_canonical(result);
  check_given(result);
  return result;
}

}  // namespace npu::compiler
