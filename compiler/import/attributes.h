// Typed access to the attributes of an ONNX node. Internal to this folder.
#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace npu::compiler {

/// Every fault is a GraphError that names node, operator, attribute, found and supported.
class Attributes {
 public:
  /// `node_name` is the name for messages. Refuses an attribute that occurs twice.
  Attributes(const onnx::NodeProto& node, std::string node_name);

  /// Refuses attributes that are not listed: one that we would ignore may change what the operator computes.
  void expect_only(std::initializer_list<std::string_view> known) const;

  bool has(std::string_view name) const { return find(name) != nullptr; }
  std::int64_t integer(std::string_view name, std::int64_t fallback) const;
  float real(std::string_view name, float fallback) const;
  std::string text(std::string_view name, const std::string& fallback) const;
  /// Empty if absent; at most 16 values.
  std::vector<std::int64_t> integers(std::string_view name) const;
  std::vector<float> reals(std::string_view name) const;  ///< empty if absent
  /// Null if absent.
  const onnx::TensorProto* tensor(std::string_view name) const;

  /// An integer attribute for which one value only is supported.
  void expect_integer(std::string_view name, std::int64_t fallback, std::int64_t supported) const;

  [[noreturn]] void fail(std::string_view name, const std::string& problem) const;

 private:
  const onnx::AttributeProto* find(std::string_view name) const;
  /// The attribute if present, after a check of its type.
  const onnx::AttributeProto* find_typed(std::string_view name,
                                         onnx::AttributeProto::AttributeType type) const;

  const onnx::NodeProto& node_;
  std::string node_name_;
};

}  // namespace npu::compiler
