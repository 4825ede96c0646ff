#include "compiler/quant/activation_range.h"

#include <algorithm>
#include <cmath>

#include "hw/numerics/rounding.h"

namespace npu::compiler {

AffineScale affine_scale(Range range, int bits, double smallest_width) {
  range.include({0, 0});
  if (range.width() == 0) range.high = smallest_width;
  if (range.width() < smallest_width) {
    const double stretch = smallest_width / range.width();
    range.low *= stretch;
    range.high *= stretch;
  }
  const std::int32_t q_low = hw::min_of_bits(bits);
  const std::int32_t q_high = hw::max_of_bits(bits);
  AffineScale result;
  result.scale = static_cast<float>(range.width() / static_cast<double>(q_high - q_low));
  const double zero_point = std::round(q_low - range.low / result.scale);
  result.zero_point = static_cast<std::int32_t>(std::clamp<double>(zero_point, q_low, q_high));
  return result;
}

ClampLimits clamp_limits(const Activation& activation, const AffineScale& output, int bits) {
  ClampLimits limits{hw::min_of_bits(bits), hw::max_of_bits(bits)};
  if (activation.kind != Activation::Kind::kClamp) return limits;
  const auto to_integer = [&](float limit) {
    const double q = std::round(double{limit} / output.scale) + output.zero_point;  // infinity stays infinity
    return static_cast<std::int32_t>(std::clamp<double>(q, limits.low, limits.high));
  };
  return {to_integer(activation.low), to_integer(activation.high)};
}

}  // namespace npu::compiler
