// The header of a NumPy .npy file (format 1.0 to 3.0, https://numpy.org/doc/stable/reference/generated/
// numpy.lib.format.html). Plain arrays of numbers in C order only.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/golden/input_file.h"

namespace npu::sim::golden {

struct NpyHeader {
  char kind = 'i';  ///< 'i' signed, 'u' unsigned, 'f' float
  int item_bytes = 1;
  bool big_endian = false;
  std::vector<std::int64_t> shape;

  std::int64_t elements() const;
};

/// Reads the header; the file then stands at the first element. Throws InputError.
NpyHeader read_npy_header(InputFile& file);

/// A whole array as numbers. Throws InputError also if the file is shorter or longer than its shape.
struct NpyArray {
  NpyHeader header;
  std::vector<double> values;
};
NpyArray read_npy(const std::filesystem::path& path);

}  // namespace npu::sim::golden
