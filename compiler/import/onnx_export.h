// The float graph to an ONNX file, the inverse of onnx_import.h: importing what was exported gives the same
// graph, with the same names and the same weights to the last bit. Opset 13, batch 1, weights as raw float32.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "compiler/graph/graph.h"

namespace npu::compiler {

/// Serialised model of a graph that verify_graph accepts. An activation fused into a convolution or an
/// addition becomes a node of its own. Throws GraphError: an operator that needs a map stands behind a
/// flatten; InputError: the weights do not fit into one protobuf message (2 GiB).
std::vector<std::uint8_t> export_onnx(const Graph& graph);

/// The quantised network as an ONNX file with QuantizeLinear and DequantizeLinear around float operators:
/// int8 weights with one scale, or one for each output channel, int32 biases. `graph` is canonical and its
/// `given` is complete, integers included (quantization_of); importing gives the same scales and the same
/// integers. Throws as export_onnx, InputError for 16-bit data, GraphError for a value without a scale.
std::vector<std::uint8_t> export_qdq(const Graph& graph);

/// export_onnx into a file, written atomically. Throws InputError as write_file.
void export_onnx(const Graph& graph, const std::filesystem::path& path);

}  // namespace npu::compiler
