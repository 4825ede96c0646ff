// Which nodes of an ONNX graph lead to its output, and in what order to convert them. Internal to this
// folder.
#pragma once

#include <onnx/onnx_pb.h>

#include <string>
#include <vector>

namespace npu::compiler {

/// Indices of the nodes that `output` depends on, each after its producers; the file's order where that is
/// free. Throws GraphError: a value made twice, a cycle.
std::vector<int> order_nodes(const onnx::GraphProto& graph, const std::string& output);

}  // namespace npu::compiler
