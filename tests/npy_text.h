// Bytes of .npy files for tests.
#pragma once

#include <fmt/core.h>

#include <cstring>
#include <span>
#include <string>

namespace npu::tests {

/// A version 1.0 file: `type` as in '<f4', `shape` as in '(2, 3)', then `data` as it is.
inline std::string npy_text(const std::string& type, const std::string& shape, const std::string& data,
                            const std::string& fortran_order = "False") {
  const std::string header =
      fmt::format("{{'descr': '{}', 'fortran_order': {}, 'shape': ({}), }}\n", type, fortran_order, shape);
  std::string file("\x93NUMPY\x01\x00", 8);
  file += static_cast<char>(header.size() & 255);
  file += static_cast<char>(header.size() >> 8);
  return file + header + data;
}

/// The memory of `values`.
template <class Value>
std::string raw_bytes(std::span<const Value> values) {
  std::string bytes(values.size_bytes(), '\0');
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

}  // namespace npu::tests
