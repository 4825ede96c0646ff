// The ONNX project's own node tests, from the Debian package libonnx-testdata (ONNX 1.12).
#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/support.h"

namespace npu::tests {

inline const std::filesystem::path kOnnxNodeTests = "/usr/share/libonnx-testdata/data/node";

#define SKIP_WITHOUT_ONNX_DATA()                                                  \
  do {                                                                            \
    if (!std::filesystem::exists(npu::tests::kOnnxNodeTests)) {                   \
      std::puts("SKIPPED: the Debian package libonnx-testdata is not installed"); \
      return;                                                                     \
    }                                                                             \
  } while (false)

/// One tensor file of a node test, for example input_0.
inline onnx::TensorProto onnx_tensor(const std::string& test, const std::string& file) {
  std::ifstream stream(kOnnxNodeTests / test / "test_data_set_0" / (file + ".pb"), std::ios::binary);
  onnx::TensorProto tensor;
  REQUIRE(tensor.ParseFromIstream(&stream));
  return tensor;
}

/// Its elements, little-endian values of type T.
template <class T>
std::vector<T> onnx_elements(const std::string& test, const std::string& file) {
  const onnx::TensorProto tensor = onnx_tensor(test, file);
  std::vector<T> values(tensor.raw_data().size() / sizeof(T));
  REQUIRE_FALSE(values.empty());
  std::memcpy(values.data(), tensor.raw_data().data(), tensor.raw_data().size());
  return values;
}

/// ONNX counts activations in uint8, the machine in int8.
inline std::vector<std::int32_t> less_128(const std::vector<std::uint8_t>& values) {
  std::vector<std::int32_t> result;
  for (const std::uint8_t value : values) result.push_back(value - 128);
  return result;
}

}  // namespace npu::tests
