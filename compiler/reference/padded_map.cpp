#include "compiler/reference/padded_map.h"

namespace npu::compiler {

PaddedMap::PaddedMap(const std::vector<std::int32_t>& values, const MapShape& shape, const Window& window,
                     std::int32_t padding)
    : channels_(shape.channels), width_(shape.width + window.pad_left + window.pad_right) {
  const std::int64_t height = shape.height + window.pad_top + window.pad_bottom;
  values_.assign(static_cast<std::size_t>(height * width_ * channels_), static_cast<std::int16_t>(padding));
  const std::int64_t row_values = shape.width * channels_;
  for (std::int64_t row = 0; row < shape.height; ++row) {
    const std::int32_t* source = values.data() + row * row_values;
    std::int16_t* target = values_.data() + ((row + window.pad_top) * width_ + window.pad_left) * channels_;
    for (std::int64_t i = 0; i < row_values; ++i) target[i] = static_cast<std::int16_t>(source[i]);
  }
}

}  // namespace npu::compiler
