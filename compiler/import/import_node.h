// One ONNX node in the hands of its converter: checked access to inputs and attributes, and ways to emit its
// translation. Internal to this folder.
#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "compiler/import/attributes.h"
#include "compiler/import/import_context.h"

namespace npu::compiler {

/// Every fault that it finds is a GraphError naming the node, its operator, what was found and what is
/// supported.
class ImportNode {
 public:
  ImportNode(ImportContext& context, const onnx::NodeProto& proto, std::string name)
      : context_(context), proto_(proto), name_(std::move(name)), attributes_(proto, name_) {}

  ImportContext& context() const { return context_; }
  const std::string& name() const { return name_; }
  const Attributes& attributes() const { return attributes_; }
  std::int64_t opset() const { return context_.opset(); }

  void expect_inputs(int least, int most) const;
  int input_count() const { return proto_.input_size(); }
  /// Whether the optional input is given.
  bool has_input(int index) const { return index < proto_.input_size() && !proto_.input(index).empty(); }
  const ImportedValue& input(int index) const;

  /// An input that must be a feature map or vector; of rank 4 if `map_only`.
  const ImportedValue& features(int index) const;
  const ImportedValue& map(int index) const;
  /// An input that must be a constant of floats, or of integers.
  const ConstantTensor& float_constant(int index, const char* what) const;
  const ConstantTensor& integer_constant(int index, const char* what) const;
  /// A float constant with one element.
  float scalar(int index, const char* what) const;
  /// An axis counted from the front; refuses what lies outside [-rank, rank).
  std::int64_t checked_axis(std::int64_t axis, int rank) const;

  /// Appends `op` as this node's translation, its first output being the result.
  void emit(Operator op, const std::vector<ImportedValue>& inputs, int rank) const;
  /// Appends a helper node in front of it.
  ImportedValue emit_helper(const char* suffix, Operator op, const std::vector<ImportedValue>& inputs,
                            int rank) const;
  /// Makes the output another name of a value.
  void define_alias(const ImportedValue& value) const;
  /// Makes the output a constant.
  void define_constant(std::shared_ptr<const ConstantTensor> tensor) const;

  [[noreturn]] void fail(const std::string& problem) const;

 private:
  void refuse_other_outputs() const;
  const std::string& output() const;

  ImportContext& context_;
  const onnx::NodeProto& proto_;
  std::string name_;
  Attributes attributes_;
};

}  // namespace npu::compiler
