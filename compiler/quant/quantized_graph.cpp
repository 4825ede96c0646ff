// Small queries on the quantised graph. Its checks are in quantized_verifier.cpp.
#include "compiler/quant/quantized_graph.h"

namespace npu::compiler {
namespace {

struct InputsOf {
  std::vector<TensorId> operator()(const QAdd& add) const { return {add.a, add.b}; }
  std::vector<TensorId> operator()(const QConcat& concat) const { return concat.inputs; }
  template <class Unary>
  std::vector<TensorId> operator()(const Unary& op) const {
    return {op.input};
  }
};

}  // namespace

std::vector<TensorId> inputs_of(const QOperator& op) { return std::visit(InputsOf{}, op); }

TensorId output_of(const QOperator& op) {
  return std::visit([](const auto& alternative) { return alternative.output; }, op);
}

}  // namespace npu::compiler
