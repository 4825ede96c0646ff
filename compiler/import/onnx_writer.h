// The pieces of an ONNX model that is being written: names that are not taken, initialisers, nodes,
// attributes. Knows ONNX alone, no graph of ours.
#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "compiler/graph/graph.h"

namespace npu::compiler {

void set_integer(onnx::NodeProto& node, const char* name, std::int64_t value);
void set_real(onnx::NodeProto& node, const char* name, float value);
void set_integers(onnx::NodeProto& node, const char* name, const std::vector<std::int64_t>& values);
void set_window(onnx::NodeProto& node, const Window& window);

class OnnxWriter {
 public:
  /// Writes into `graph`, which must outlive it. `taken`: names that fresh() must not give.
  OnnxWriter(onnx::GraphProto& graph, std::set<std::string> taken)
      : graph_(graph), names_(std::move(taken)) {}

  onnx::GraphProto& graph() { return graph_; }

  /// `base`, or base_2, base_3, ... where it is taken; taken from now on.
  std::string fresh(const std::string& base);

  /// These add an initialiser under a fresh name and return the name. `bytes` of `data` are little-endian
  /// elements.
  std::string add_tensor(const std::string& base, const std::vector<std::int64_t>& dims, std::int32_t type,
                         const void* data, std::size_t bytes);
  std::string add_real(const std::string& base, float value);
  std::string add_int8(const std::string& base, std::int8_t value);

  /// A node whose name is its output's; the reference lasts until the next node is added.
  onnx::NodeProto& append_named(const char* op_type, const std::string& name,
                                const std::vector<std::string>& inputs);

 private:
  onnx::GraphProto& graph_;
  std::set<std::string> names_;
};

}  // namespace npu::compiler
