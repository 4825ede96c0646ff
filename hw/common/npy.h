// NumPy .npy files (format 1.0 to 3.0,
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html). Plain arrays of numbers in C order
// only.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace npu {

struct NpyHeader {
  char kind = 'i';  ///< 'i' signed, 'u' unsigned, 'f' float
  int item_bytes = 1;
  bool big_endian = false;
  std::vector<std::int64_t> shape;
  std::int64_t data_offset = 0;  ///< of the first element in the file

  std::int64_t elements() const;
};

/// Reads on where the last call ended; fewer bytes than asked for only at the end of the file.
using ByteSource = std::function<std::int64_t(std::span<std::uint8_t>)>;

/// Reads the header; `source` then stands at the first element. Throws InputError naming `file`.
NpyHeader read_npy_header(const ByteSource& source, const std::string& file);

/// One element's bits, zero-extended; `bytes` has item_bytes of them.
std::uint64_t npy_item_bits(const std::uint8_t* bytes, const NpyHeader& header);
/// One element as a number (64-bit integers are rounded to 53 bits).
double npy_item_value(const std::uint8_t* bytes, const NpyHeader& header);

/// The `bytes` low bytes of `bits` as a two's complement number.
std::int64_t sign_extended(std::uint64_t bits, int bytes);

}  // namespace npu
