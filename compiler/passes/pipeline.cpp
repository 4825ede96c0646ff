#include "compiler/passes/pipeline.h"

#include <array>

#include "compiler/passes/passes.h"

namespace npu::compiler {
namespace {

using Pass = Graph (*)(Graph graph);

constexpr std::array<Pass, 9> kPasses{
    remove_dead_nodes, remove_identities,   cut_softmax,       merge_pads,       gemms_to_convolutions,
    fold_batch_norms,  expand_global_pools, normalise_windows, fuse_activations,
};

}  // namespace

Graph canonicalise(const Graph& graph) {
  Graph result = graph;
  for (const Pass pass : kPasses) {
    result = pass(std::move(result));
    verify_graph(result);
  }
  check_canonical(result);
  return result;
}

}  // namespace npu::compiler
