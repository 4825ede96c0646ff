// The table from ONNX operators to the functions that convert them, one file for each group. Internal to this
// folder.
#pragma once

#include <span>
#include <string>

#include "compiler/import/import_node.h"

namespace npu::compiler {

using Convert = void (*)(const ImportNode& node);

struct Converter {
  const char* op_type;
  Convert convert;
};

std::span<const Converter> linear_converters();      ///< Conv, BatchNormalization, Gemm, MatMul
std::span<const Converter> arithmetic_converters();  ///< Add, Sub, Mul, Div, Concat
std::span<const Converter> activation_converters();  ///< Relu, LeakyRelu, Clip, Softmax
std::span<const Converter> pool_converters();        ///< MaxPool, AveragePool, GlobalAveragePool, ReduceMean
std::span<const Converter> shape_converters();       ///< Flatten, Reshape, Squeeze, Unsqueeze, Pad
std::span<const Converter> quantized_converters();   ///< QuantizeLinear, DequantizeLinear
std::span<const Converter> constant_converters();    ///< Constant, Identity, Dropout, Shape

/// Operators on constants only: Gather, Slice, Transpose, ..., and those above that fold when all inputs are
/// constants.
std::span<const Converter> constant_folders();
std::span<const Converter> quantized_folders();  ///< the same two on constants

/// Null if the operator is not supported on computed values.
Convert find_converter(const std::string& op_type);
/// Null if it is not supported on constants alone.
Convert find_folder(const std::string& op_type);

/// "Add, AveragePool, ...": for messages.
std::string supported_operators();

}  // namespace npu::compiler
