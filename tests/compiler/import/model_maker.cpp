#include "tests/compiler/import/model_maker.h"

#include <cstring>

#include "compiler/import/onnx_import.h"

namespace npu::tests {
namespace {

std::int64_t product(const Dims& dims) {
  std::int64_t elements = 1;
  for (const std::int64_t extent : dims) {
    elements *= extent;
  }
  return elements;
}

}  // namespace

onnx::AttributeProto* NodeMaker::attribute(const std::string& name,
                                           onnx::AttributeProto::AttributeType type) {
  onnx::AttributeProto* attribute = proto_->add_attribute();
  attribute->set_name(name);
  attribute->set_type(type);
  return attribute;
}

NodeMaker& NodeMaker::named(const std::string& name) {
  proto_->set_name(name);
  return *this;
}

NodeMaker& NodeMaker::with(const std::string& name, std::int64_t value) {
  attribute(name, onnx::AttributeProto::INT)->set_i(value);
  return *this;
}

NodeMaker& NodeMaker::with(const std::string& name, const Dims& values) {
  onnx::AttributeProto* list = attribute(name, onnx::AttributeProto::INTS);
  for (const std::int64_t value : values) {
    list->add_ints(value);
  }
  return *this;
}

NodeMaker& NodeMaker::with_real(const std::string& name, float value) {
  attribute(name, onnx::AttributeProto::FLOAT)->set_f(value);
  return *this;
}

NodeMaker& NodeMaker::with_text(const std::string& name, const std::string& value) {
  attribute(name, onnx::AttributeProto::STRING)->set_s(value);
  return *this;
}

NodeMaker& NodeMaker::with_tensor(const std::string& name, const onnx::TensorProto& value) {
  *attribute(name, onnx::AttributeProto::TENSOR)->mutable_t() = value;
  return *this;
}

ModelMaker::ModelMaker(const Dims& input, std::int64_t opset) {
  proto_.set_ir_version(7);
  proto_.add_opset_import()->set_version(opset);
  onnx::ValueInfoProto* info = proto_.mutable_graph()->add_input();
  info->set_name("x");
  onnx::TypeProto::Tensor* type = info->mutable_type()->mutable_tensor_type();
  type->set_elem_type(onnx::TensorProto::FLOAT);
  type->mutable_shape();
  for (const std::int64_t extent : input) {
    type->mutable_shape()->add_dim()->set_dim_value(extent);
  }
}

void ModelMaker::floats(const std::string& name, const Dims& dims, const std::vector<float>& values) {
  onnx::TensorProto* tensor = proto_.mutable_graph()->add_initializer();
  *tensor = float_tensor(dims, values);
  tensor->set_name(name);
}

void ModelMaker::integers(const std::string& name, const Dims& dims,
                          const std::vector<std::int64_t>& values) {
  onnx::TensorProto* tensor = proto_.mutable_graph()->add_initializer();
  tensor->set_name(name);
  tensor->set_data_type(onnx::TensorProto::INT64);
  for (const std::int64_t extent : dims) {
    tensor->add_dims(extent);
  }
  for (const std::int64_t value : values) {
    tensor->add_int64_data(value);
  }
}

void ModelMaker::typed_integers(const std::string& name, const Dims& dims,
                                const std::vector<std::int32_t>& values, onnx::TensorProto::DataType type) {
  onnx::TensorProto* tensor = proto_.mutable_graph()->add_initializer();
  tensor->set_name(name);
  tensor->set_data_type(type);
  std::int64_t count = 1;
  for (const std::int64_t extent : dims) {
    tensor->add_dims(extent);
    count *= extent;
  }
  for (std::int64_t index = 0; index < count; ++index) {
    tensor->add_int32_data(values[static_cast<std::size_t>(index) % values.size()]);
  }
}

NodeMaker ModelMaker::node(const std::string& op_type, const std::vector<std::string>& inputs,
                           const std::vector<std::string>& outputs) {
  onnx::NodeProto* node = proto_.mutable_graph()->add_node();
  node->set_op_type(op_type);
  node->set_name(outputs.front() + "_node");
  for (const std::string& input : inputs) {
    node->add_input(input);
  }
  for (const std::string& output : outputs) {
    node->add_output(output);
  }
  return NodeMaker(node);
}

NodeMaker ModelMaker::node(const std::string& op_type, const std::vector<std::string>& inputs,
                           const std::string& output) {
  return node(op_type, inputs, std::vector<std::string>{output});
}

void ModelMaker::output(const std::string& name) { proto_.mutable_graph()->add_output()->set_name(name); }

std::vector<std::uint8_t> ModelMaker::bytes() const {
  const std::string text = proto_.SerializeAsString();
  return {text.begin(), text.end()};
}

compiler::Graph ModelMaker::import() const { return compiler::import_onnx(bytes(), "model"); }

onnx::TensorProto float_tensor(const Dims& dims, const std::vector<float>& values) {
  onnx::TensorProto tensor;
  tensor.set_data_type(onnx::TensorProto::FLOAT);
  for (const std::int64_t extent : dims) {
    tensor.add_dims(extent);
  }
  std::vector<float> data(static_cast<std::size_t>(product(dims)));
  for (std::size_t index = 0; index < data.size(); ++index) {
    data[index] = values[index % values.size()];
  }
  tensor.set_raw_data(data.data(), data.size() * sizeof(float));
  return tensor;
}

ModelMaker small_network() {
  ModelMaker model({1, 2, 8, 8});
  model.floats("w1", {3, 2, 3, 3}, {0.5F, -0.25F, 0.125F, 1, -1});
  model.floats("scale", {3}, {1, 2, -1});
  model.floats("shift", {3}, {0.5F, 0, -0.5F});
  model.floats("mean", {3}, {0.25F});
  model.floats("variance", {3}, {1, 4, 0.25F});
  model.floats("low", {}, {0});
  model.floats("high", {}, {6});
  model.floats("w2", {3, 3, 1, 1}, {0.75F, -0.5F, 0.25F, 1});
  model.floats("b2", {3}, {0.125F, -1, 2});
  model.floats("w3", {5, 3}, {1, -1, 0.5F, 0.25F});
  model.floats("b3", {5}, {0.5F, -0.5F});
  model.node("Conv", {"x", "w1"}, "conv1").with("kernel_shape", Dims{3, 3}).with("pads", Dims{1, 1, 1, 1});
  model.node("BatchNormalization", {"conv1", "scale", "shift", "mean", "variance"}, "norm");
  model.node("Clip", {"norm", "low", "high"}, "clip");
  model.node("MaxPool", {"clip"}, "pool").with("kernel_shape", Dims{2, 2}).with("strides", Dims{2, 2});
  model.node("Conv", {"pool", "w2", "b2"}, "conv2").with("kernel_shape", Dims{1, 1});
  model.node("Add", {"conv2", "pool"}, "sum");
  model.node("GlobalAveragePool", {"sum"}, "mean_map");
  model.node("Flatten", {"mean_map"}, "features").with("axis", 1);
  model.node("Gemm", {"features", "w3", "b3"}, "logits").with("transB", 1);
  model.node("Softmax", {"logits"}, "probabilities").with("axis", 1);
  model.output("probabilities");
  return model;
}

}  // namespace npu::tests
