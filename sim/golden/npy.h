// NumPy .npy files as dumps and as inputs (hw/common/npy.h has the format).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "hw/common/npy.h"
#include "sim/golden/input_file.h"

namespace npu::sim::golden {

/// Reads the header; the file then stands at the first element. Throws InputError.
NpyHeader read_npy_header(InputFile& file);

/// A whole array as numbers. Throws InputError also if the file is shorter or longer than its shape.
struct NpyArray {
  NpyHeader header;
  std::vector<double> values;
};
NpyArray read_npy(const std::filesystem::path& path);

}  // namespace npu::sim::golden
