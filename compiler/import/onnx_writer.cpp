#include "compiler/import/onnx_writer.h"

#include <fmt/core.h>

#include <bit>
#include <cstring>

namespace npu::compiler {
namespace {

static_assert(std::endian::native == std::endian::little, "raw tensor data is little-endian");

onnx::AttributeProto* add_attribute(onnx::NodeProto& node, const char* name,
                                    onnx::AttributeProto::AttributeType type) {
  onnx::AttributeProto* attribute = node.add_attribute();
  attribute->set_name(name);
  attribute->set_type(type);
  return attribute;
}

}  // namespace

void set_integer(onnx::NodeProto& node, const char* name, std::int64_t value) {
  add_attribute(node, name, onnx::AttributeProto::INT)->set_i(value);
}

void set_real(onnx::NodeProto& node, const char* name, float value) {
  add_attribute(node, name, onnx::AttributeProto::FLOAT)->set_f(value);
}

void set_integers(onnx::NodeProto& node, const char* name, const std::vector<std::int64_t>& values) {
  auto* attribute = add_attribute(node, name, onnx::AttributeProto::INTS);
  attribute->mutable_ints()->Add(values.begin(), values.end());
}

void set_window(onnx::NodeProto& node, const Window& window) {
  set_integers(node, "kernel_shape", {window.kernel_height, window.kernel_width});
  set_integers(node, "strides", {window.stride_height, window.stride_width});
  set_integers(node, "pads", {window.pad_top, window.pad_left, window.pad_bottom, window.pad_right});
  if (window.ceil_mode) {
    set_integer(node, "ceil_mode", 1);
  }
}

std::string OnnxWriter::fresh(const std::string& base) {
  std::string name = base;
  for (int number = 2; !names_.insert(name).second; ++number) {
    name = fmt::format("{}_{}", base, number);
  }
  return name;
}

std::string OnnxWriter::add_tensor(const std::string& base, const std::vector<std::int64_t>& dims,
                                   std::int32_t type, const void* data, std::size_t bytes) {
  onnx::TensorProto& tensor = *graph_.add_initializer();
  tensor.set_name(fresh(base));
  tensor.set_data_type(type);
  tensor.mutable_dims()->Add(dims.begin(), dims.end());
  tensor.mutable_raw_data()->resize(bytes);
  std::memcpy(tensor.mutable_raw_data()->data(), data, bytes);
  return tensor.name();
}

std::string OnnxWriter::add_real(const std::string& base, float value) {
  return add_tensor(base, {}, onnx::TensorProto::FLOAT, &value, sizeof(value));
}

std::string OnnxWriter::add_int8(const std::string& base, std::int8_t value) {
  return add_tensor(base, {}, onnx::TensorProto::INT8, &value, sizeof(value));
}

onnx::NodeProto& OnnxWriter::append_named(const char* op_type, const std::string& name,
                                          const std::vector<std::string>& inputs) {
  onnx::NodeProto& node = *graph_.add_node();
  node.set_name(name);
  node.set_op_type(op_type);
  for (const std::string& input : inputs) node.add_input(input);
  node.add_output(name);
  return node;
}

}  // namespace npu::compiler
