// Names and counts of the float graph's operators.
#include "compiler/graph/graph.h"

#include "hw/common/error.h"
#include "hw/common/units.h"

namespace npu::compiler {
namespace {

struct NameOf {
  const char* operator()(const ConvOp&) const { return "conv"; }
  const char* operator()(const BatchNormOp&) const { return "batch_norm"; }
  const char* operator()(const ActivationOp&) const { return "activation"; }
  const char* operator()(const AddOp&) const { return "add"; }
  const char* operator()(const ConcatOp&) const { return "concat"; }
  const char* operator()(const MaxPoolOp&) const { return "max_pool"; }
  const char* operator()(const AveragePoolOp&) const { return "average_pool"; }
  const char* operator()(const GlobalAveragePoolOp&) const { return "global_average_pool"; }
  const char* operator()(const FlattenOp&) const { return "flatten"; }
  const char* operator()(const GemmOp&) const { return "gemm"; }
  const char* operator()(const PadOp&) const { return "pad"; }
  const char* operator()(const IdentityOp&) const { return "identity"; }
  const char* operator()(const SoftmaxOp&) const { return "softmax"; }
};

std::int64_t size_of(const FloatArray& array) { return static_cast<std::int64_t>(array->size()); }

}  // namespace

FloatArray make_array(std::vector<float> values) {
  return std::make_shared<const std::vector<float>>(std::move(values));
}

FloatArray empty_array() {
  static const FloatArray kEmpty = make_array({});
  return kEmpty;
}

const char* operator_name(const Operator& op) { return std::visit(NameOf{}, op); }

std::int64_t window_output(std::int64_t size, std::int64_t kernel, std::int64_t stride,
                           std::int64_t pad_before, std::int64_t pad_after, bool ceil_mode) {
  NPU_CHECK(stride > 0, "stride must be positive");
  const std::int64_t span = size + pad_before + pad_after - kernel;
  if (span < 0) {
    return 0;
  }
  if (!ceil_mode) {
    return span / stride + 1;
  }
  const std::int64_t outputs = ceil_div(span, stride) + 1;
  const bool last_begins_in_padding = (outputs - 1) * stride >= size + pad_before;
  return last_begins_in_padding ? outputs - 1 : outputs;
}

std::int64_t node_macs(const Node& node, const ShapeMap& shapes) {
  if (const auto* conv = std::get_if<ConvOp>(&node.op)) {
    const MapShape& in = shapes.at(node.inputs.at(0));
    const std::int64_t taps =
        conv->window.kernel_height * conv->window.kernel_width * (in.channels / conv->groups);
    return shapes.at(node.output).elements() * taps;
  }
  if (const auto* gemm = std::get_if<GemmOp>(&node.op)) {
    return gemm->out_features * shapes.at(node.inputs.at(0)).elements();
  }
  return 0;
}

std::int64_t node_parameters(const Node& node) {
  if (const auto* conv = std::get_if<ConvOp>(&node.op)) {
    return size_of(conv->weights) + size_of(conv->bias);
  }
  if (const auto* gemm = std::get_if<GemmOp>(&node.op)) {
    return size_of(gemm->weights) + size_of(gemm->bias);
  }
  if (const auto* norm = std::get_if<BatchNormOp>(&node.op)) {
    return size_of(norm->scale) + size_of(norm->bias);
  }
  return 0;
}

}  // namespace npu::compiler
