// Constant tensors of a model: every stored form of the number types that networks use, validated before use.
// Internal to this folder.
#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "compiler/graph/graph.h"

namespace npu::compiler {

/// How the integers were scaled that a DequantizeLinear made floats of: per tensor, or along `axis`.
struct StoredScales {
  std::string node;                 ///< the DequantizeLinear, for messages
  std::int32_t number_type = 0;     ///< of the integers: INT8, UINT8 or INT32 of onnx::TensorProto
  std::vector<double> scales;       ///< one, or one for each index of the axis
  std::vector<std::int64_t> zeros;  ///< as many
  std::size_t axis = 0;
  std::vector<std::int64_t> integers;  ///< of INT32 only, which float32 may not hold
};

/// Either floats (float32; float16, bfloat16 and double are converted) or integers (int64; int32, int8, uint8
/// and bool are converted). dims is empty for a scalar.
struct ConstantTensor {
  std::string name;
  std::vector<std::int64_t> dims;
  bool is_integer = false;
  std::int32_t number_type = 0;                ///< as the file says it (onnx::TensorProto)
  std::shared_ptr<const StoredScales> stored;  ///< of dequantised floats, else null
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
