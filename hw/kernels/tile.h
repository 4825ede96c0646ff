// A tile of activations [row][column][channel] somewhere in memory: channel innermost and dense, rows and
// columns with byte strides. `Byte` is std::uint8_t or const std::uint8_t.
#pragma once

#include <cstdint>

namespace npu::hw {

template <class Byte>
struct Tile {
  Byte* data = nullptr;
  std::int64_t row_stride_bytes = 0;
  std::int64_t pixel_stride_bytes = 0;

  Byte* pixel(std::int64_t row, std::int64_t column) const {
    return data + row * row_stride_bytes + column * pixel_stride_bytes;
  }
};
using InputTile = Tile<const std::uint8_t>;
using OutputTile = Tile<std::uint8_t>;

/// The tile without gaps, as results wait between start and end of an instruction.
inline OutputTile dense_tile(std::uint8_t* data, std::int64_t width, std::int64_t pixel_bytes) {
  return {data, width * pixel_bytes, pixel_bytes};
}

}  // namespace npu::hw
