#include "compiler/data/array_file.h"

#include <fmt/ranges.h>

#include <fstream>

#include "hw/common/error.h"

namespace npu::compiler {

ArrayFile::ArrayFile(const std::filesystem::path& path) : path_(path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw InputError(path.string(), "cannot be opened");
  const auto read = [&](std::span<std::uint8_t> bytes) {
    file.read(reinterpret_cast<char*>(bytes.data()), std::ssize(bytes));
    return static_cast<std::int64_t>(file.gcount());
  };
  header_ = read_npy_header(read, path.string());
  const std::int64_t expected = header_.data_offset + header_.elements() * header_.item_bytes;
  const auto found = static_cast<std::int64_t>(std::filesystem::file_size(path));
  if (found != expected) {
    throw InputError(path.string(), fmt::format("has {} bytes, expected {} for an array of {}", found,
                                                expected, shape_text(header_.shape)));
  }
}

std::vector<double> ArrayFile::elements(std::int64_t first, std::int64_t count) const {
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(count * header_.item_bytes));
  std::ifstream file(path_, std::ios::binary);
  file.seekg(header_.data_offset + first * header_.item_bytes);
  if (!file.read(reinterpret_cast<char*>(bytes.data()), std::ssize(bytes))) {
    throw InputError(path_.string(),
                     fmt::format("elements {} to {} cannot be read", first, first + count - 1));
  }
  std::vector<double> values;
  values.reserve(static_cast<std::size_t>(count));
  for (std::int64_t item = 0; item < count; ++item) {
    values.push_back(npy_item_value(bytes.data() + item * header_.item_bytes, header_));
  }
  return values;
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
  return shape.empty() ? "a single number" : fmt::format("{}", fmt::join(shape, " x "));
}

}  // namespace npu::compiler
