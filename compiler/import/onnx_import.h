// ONNX files (opset 7 to 17) to the float graph. Parsed with protobuf only: the ONNX library's checker and
// shape inference die on hostile files, so attributes and tensor sizes are validated here and shapes are
// inferred by compiler/graph.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "compiler/graph/graph.h"

namespace npu::compiler {

/// Reads, validates and converts a model; the result has passed verify_graph and infer_shapes. A
/// batch dimension, dynamic or fixed, becomes 1: the graph is that of one image. The graph is
/// named as the file, or as the network that was exported into it. Throws InputError (file) or GraphError
/// (node, attribute, found, supported).
Graph import_onnx(const std::filesystem::path& path);
Graph import_onnx(std::span<const std::uint8_t> bytes, const std::string& name);

}  // namespace npu::compiler
