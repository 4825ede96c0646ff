// A .npy file read row by row.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "hw/common/npy.h"

namespace npu::compiler {

class ArrayFile {
 public:
  /// Throws InputError: not an .npy file of numbers, or its size is not what its shape says.
  explicit ArrayFile(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return path_; }
  const NpyHeader& header() const { return header_; }

  /// `count` elements from element `first` on. From any thread. Throws InputError if the file has shrunk.
  std::vector<double> elements(std::int64_t first, std::int64_t count) const;

 private:
  std::filesystem::path path_;
  NpyHeader header_;
};

/// "12 x 3 x 32 x 32", for messages.
std::string shape_text(const std::vector<std::int64_t>& shape);

}  // namespace npu::compiler
