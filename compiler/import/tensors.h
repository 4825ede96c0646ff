// Constant tensors of a model: every stored form of the number types that networks use, validated before use.
// Internal to this folder.
#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/graph/graph.h"

namespace npu::compiler {

/// Either floats (float32; float16, bfloat16 and double are converted) or integers (int64; int32, int8, uint8
/// and bool are converted). dims is empty for a scalar.
struct ConstantTensor {
  std::string name;
  std::vector<std::int64_t> dims;
  bool is_integer = false;
  FloatArray floats = empty_array();
  std::vector<std::int64_t> integers;

  std::int64_t elements() const;
};

/// "float32 [3, 4]"
std::string describe(const ConstantTensor& tensor);

/// Throws GraphError naming the tensor: a negative dimension, more than 2^31 elements, data of another size
/// than the dimensions demand, data outside the file (external or segmented), an unsupported number type.
ConstantTensor read_tensor(const onnx::TensorProto& proto, const std::string& name);

}  // namespace npu::compiler
