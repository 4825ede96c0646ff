// A feature map with its padding written out, for loops without border cases. Elements of up to 16 bits.
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/graph/graph.h"

namespace npu::compiler {

class PaddedMap {
 public:
  /// values [row][column][channel]; everything outside the map reads `padding`.
  PaddedMap(const std::vector<std::int32_t>& values, const MapShape& shape, const Window& window,
            std::int32_t padding);

  /// Channels of the pixel at a row and column of the *padded* map; the next pixels of the row follow.
  const std::int16_t* pixel(std::int64_t row, std::int64_t column) const {
    return values_.data() + (row * width_ + column) * channels_;
  }
  std::int64_t channels() const { return channels_; }

 private:
  std::int64_t channels_;
  std::int64_t width_;
  std::vector<std::int16_t> values_;
};

}  // namespace npu::compiler
