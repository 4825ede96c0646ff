#include "compiler/import/import_context.h"

#include <fmt/core.h>

#include "compiler/import/onnx_model.h"
#include "hw/common/error.h"

namespace npu::compiler {

std::vector<std::int64_t> dims_of(const ImportedValue& value) {
  if (value.rank == 2) {
    return {1, value.shape.channels};
  }
  return {1, value.shape.channels, value.shape.height, value.shape.width};
}

ImportContext::ImportContext(const onnx::ModelProto& model, Graph& graph, std::int64_t opset)
    : graph_(graph), opset_(opset) {
  for (const onnx::NodeProto& node : model.graph().node()) {
    used_names_.insert(node.name());
    used_names_.insert(node.output().begin(), node.output().end());
  }
  for (const onnx::ValueInfoProto& input : model.graph().input()) {
    used_names_.insert(input.name());
  }
}

void ImportContext::define_input(const std::string& name, const MapShape& shape, std::int64_t batch) {
  batch_ = batch;
  graph_.input = name;
  graph_.input_shape = shape;
  shapes_[name] = shape;
  define(name, {name, shape, 4, nullptr, std::nullopt});
}

void ImportContext::define(const std::string& name, ImportedValue value) { values_[name] = std::move(value); }

void ImportContext::define_unusable(const std::string& name, const std::string& reason) {
  unusable_[name] = reason;
}

void ImportContext::give_scale(const std::string& value, const AffineScale& scale, const std::string& node) {
  const auto [tensor, is_new] = graph_.given.tensors.emplace(value, GivenTensor{scale, std::nullopt});
  const AffineScale& known = *tensor->second.scale;
  if (!is_new && !(known == scale)) {
    throw GraphError(
        node, fmt::format(
                  "quantises '{}' with scale {:g} and zero point {} (of int8), which is quantised with {:g} "
                  "and {} elsewhere: the machine keeps one form of each feature map",
                  printable_name(value), scale.scale, scale.zero_point, known.scale, known.zero_point));
  }
}

const AffineScale* ImportContext::given_scale(const std::string& value) const {
  const auto found = graph_.given.tensors.find(value);
  return found == graph_.given.tensors.end() ? nullptr : &*found->second.scale;
}

void ImportContext::give_layer(const std::string& node, GivenLayer layer) {
  graph_.given.layers[node] = std::move(layer);
}

const ImportedValue& ImportContext::value(const std::string& name, const std::string& node) const {
  const auto found = values_.find(name);
  if (found != values_.end()) {
    return found->second;
  }
  const auto reason = unusable_.find(name);
  throw GraphError(
      node, reason == unusable_.end()
                ? fmt::format("its input '{}' is neither the network's input, nor an initialiser, nor made "
                              "by a node",
                              printable_name(name))
                : fmt::format("its input '{}' {}", printable_name(name), reason->second));
}

ImportedValue ImportContext::append(const std::string& node_name, const std::string& output, Operator op,
                                    const std::vector<ImportedValue>& inputs, int rank) {
  charge(op, node_name);
  Node node;
  node.name = node_name;
  node.op = std::move(op);
  node.output = output;
  for (const ImportedValue& input : inputs) {
    node.inputs.push_back(input.name);
  }
  const MapShape shape = infer_node_shape(node, shapes_);
  shapes_[output] = shape;
  graph_.nodes.push_back(std::move(node));
  return {output, shape, rank, nullptr, std::nullopt};
}

std::string ImportContext::fresh_name(const std::string& base) {
  std::string name = base;
  for (int number = 2; !used_names_.insert(name).second; ++number) {
    name = fmt::format("{}_{}", base, number);
  }
  return name;
}

void ImportContext::charge(const Operator& op, const std::string& node_name) {
  std::size_t elements = 0;
  if (const auto* conv = std::get_if<ConvOp>(&op)) {
    elements = conv->weights->size() + conv->bias->size();
  } else if (const auto* gemm = std::get_if<GemmOp>(&op)) {
    elements = gemm->weights->size() + gemm->bias->size();
  } else if (const auto* norm = std::get_if<BatchNormOp>(&op)) {
    elements = 4 * norm->scale->size();
  }
  weight_bytes_ += static_cast<std::int64_t>(elements * sizeof(float));
  if (weight_bytes_ > kLargestWeightBytes) {
    throw GraphError(node_name,
                     fmt::format("the weights up to this node take {} bytes (shared weights counted at each "
                                 "use), supported up to {}",
                                 weight_bytes_, kLargestWeightBytes));
  }
}

}  // namespace npu::compiler
