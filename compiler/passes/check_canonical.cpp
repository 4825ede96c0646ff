// Algorithm: every operator must be one that the quantiser knows; of the others, say why no pass could remove
// them.
#include "compiler/passes/passes.h"
#include "hw/common/error.h"

namespace npu::compiler {
namespace {

/// Empty if the operator is canonical.
struct Obstacle {
  std::string operator()(const ConvOp&) const { return {}; }
  std::string operator()(const ActivationOp&) const { return {}; }
  std::string operator()(const AddOp&) const { return {}; }
  std::string operator()(const ConcatOp&) const { return {}; }
  std::string operator()(const MaxPoolOp&) const { return {}; }
  std::string operator()(const AveragePoolOp&) const { return {}; }
  std::string operator()(const FlattenOp&) const {
    return "flatten: found a flattened map that something else than a fully connected layer (or an "
           "activation in front "
           "of one) reads, supported is a flatten in front of fully connected layers or at the end of the "
           "network";
  }
  std::string operator()(const SoftmaxOp&) const {
    return "softmax: found a second one, supported is one at the end of the network";
  }
  template <typename Other>
  std::string operator()(const Other& op) const {
    return std::string(operator_name(op)) + ": internal error: no pass has replaced it";
  }
};

}  // namespace

void check_canonical(const Graph& graph) {
  for (const Node& node : graph.nodes) {
    const std::string obstacle = std::visit(Obstacle{}, node.op);
    if (!obstacle.empty()) {
      throw GraphError(node.name, obstacle);
    }
  }
}

}  // namespace npu::compiler
