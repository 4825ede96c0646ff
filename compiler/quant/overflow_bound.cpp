#include "compiler/quant/overflow_bound.h"

#include <algorithm>

namespace npu::compiler {

AccumulatorRange accumulator_range(const QConv& conv, std::int64_t out_channel, int activation_bits) {
  const auto out_channels = static_cast<std::int64_t>(conv.bias.size());
  const auto taps = static_cast<std::int64_t>(conv.weights.size()) / out_channels;
  const std::int16_t* weights = conv.weights.data() + out_channel * taps;
  std::int64_t positive = 0;  // sum of the positive weights, less their zero point
  std::int64_t negative = 0;
  for (std::int64_t tap = 0; tap < taps; ++tap) {
    const std::int64_t weight = std::int64_t{weights[tap]} - conv.weight_zero_point;
    positive += std::max<std::int64_t>(weight, 0);
    negative += std::min<std::int64_t>(weight, 0);
  }
  const std::int64_t x_low = hw::min_of_bits(activation_bits);
  const std::int64_t x_high = hw::max_of_bits(activation_bits);
  return {positive * x_low + negative * x_high, positive * x_high + negative * x_low};
}

std::int64_t largest_window_sum(std::int64_t pixels, std::int32_t zero_point, int activation_bits) {
  const std::int64_t below = zero_point - std::int64_t{hw::min_of_bits(activation_bits)};
  const std::int64_t above = std::int64_t{hw::max_of_bits(activation_bits)} - zero_point;
  return pixels * std::max(below, above);
}

}  // namespace npu::compiler
