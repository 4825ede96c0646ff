// The host's conversions at the network's ends: float maps, channel by channel, to integers, pixel by pixel,
// and back.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "compiler/quant/quantizer.h"
#include "hw/common/error.h"
#include "hw/numerics/rounding.h"

namespace npu::compiler {
namespace {

void require_size(std::size_t found, const QTensor& tensor) {
  if (static_cast<std::int64_t>(found) != tensor.shape.elements()) {
    throw InputError(tensor.name, fmt::format("has {} values, expected {}", found, tensor.shape.elements()));
  }
}

/// Index in [channel][row][column] and in [row][column][channel] of every element.
template <class Visit>
void for_elements(const MapShape& shape, Visit visit) {
  const auto pixels = static_cast<std::size_t>(shape.height * shape.width);
  const auto channels = static_cast<std::size_t>(shape.channels);
  for (std::size_t channel = 0; channel < channels; ++channel) {
    for (std::size_t pixel = 0; pixel < pixels; ++pixel)
      visit(channel * pixels + pixel, pixel * channels + channel);
  }
}

}  // namespace

std::vector<std::int32_t> quantize_input(std::span<const float> input, const QTensor& tensor,
                                         int activation_bits) {
  require_size(input.size(), tensor);
  const double low = hw::min_of_bits(activation_bits);
  const double high = hw::max_of_bits(activation_bits);
  std::vector<std::int32_t> result(input.size());
  for_elements(tensor.shape, [&](std::size_t planar, std::size_t interleaved) {
    if (std::isnan(input[planar]))
      throw InputError(tensor.name, fmt::format("value {} is not a number", planar));
    const double q = std::round(double{input[planar]} / double{tensor.scale}) + tensor.zero_point;
    result[interleaved] = static_cast<std::int32_t>(std::clamp(q, low, high));
  });
  return result;
}

std::vector<float> dequantize(std::span<const std::int32_t> values, const QTensor& tensor) {
  require_size(values.size(), tensor);
  std::vector<float> result(values.size());
  for_elements(tensor.shape, [&](std::size_t planar, std::size_t interleaved) {
    result[planar] = tensor.scale * static_cast<float>(values[interleaved] - tensor.zero_point);
  });
  return result;
}

}  // namespace npu::compiler
