// Builds ONNX models in memory for the import tests.
#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "compiler/graph/graph.h"

namespace npu::tests {

using Dims = std::vector<std::int64_t>;

/// A node under construction: attributes by chained calls.
class NodeMaker {
 public:
  explicit NodeMaker(onnx::NodeProto* proto) : proto_(proto) {}
  NodeMaker& named(const std::string& name);
  NodeMaker& with(const std::string& attribute, std::int64_t value);
  NodeMaker& with(const std::string& attribute, const Dims& values);
  NodeMaker& with_real(const std::string& attribute, float value);
  NodeMaker& with_text(const std::string& attribute, const std::string& value);
  NodeMaker& with_tensor(const std::string& attribute, const onnx::TensorProto& value);
  onnx::NodeProto& proto() { return *proto_; }

 private:
  onnx::AttributeProto* attribute(const std::string& name, onnx::AttributeProto::AttributeType type);
  onnx::NodeProto* proto_;
};

/// A model with one input "x" and, once `finish` is called, one output.
class ModelMaker {
 public:
  explicit ModelMaker(const Dims& input, std::int64_t opset = 13);

  /// A float32 initialiser in raw form; `values` are repeated until the dimensions are filled.
  void floats(const std::string& name, const Dims& dims, const std::vector<float>& values);
  void integers(const std::string& name, const Dims& dims, const std::vector<std::int64_t>& values);
  /// Of 8 or 32 bits; `values` are repeated until the dimensions are filled.
  void typed_integers(const std::string& name, const Dims& dims, const std::vector<std::int32_t>& values,
                      onnx::TensorProto::DataType type);
  NodeMaker node(const std::string& op_type, const std::vector<std::string>& inputs,
                 const std::string& output);
  /// The same with several outputs.
  NodeMaker node(const std::string& op_type, const std::vector<std::string>& inputs,
                 const std::vector<std::string>& outputs);
  void output(const std::string& name);

  onnx::ModelProto& proto() { return proto_; }
  std::vector<std::uint8_t> bytes() const;
  /// Imports it; the network's name is "model".
  compiler::Graph import() const;

 private:
  onnx::ModelProto proto_;
};

/// A float32 tensor in raw form.
onnx::TensorProto float_tensor(const Dims& dims, const std::vector<float>& values);

/// Conv 3x3 -> BatchNormalization -> Clip -> MaxPool -> Conv 1x1 + Add -> GlobalAveragePool -> Flatten ->
/// Gemm -> Softmax on [1, 2, 8, 8].
ModelMaker small_network();

}  // namespace npu::tests
