#include "hw/numerics/output_stage.h"

#include <fmt/core.h>

#include <cmath>

#include "hw/common/error.h"

namespace npu::hw {

StageResult apply_output_stage(Wide v, const OutputStage& stage, int channel_shift, Rounding rule,
                               int output_bits) {
  const bool negative = stage.leaky && v < 0;
  const Wide multiplier = negative ? stage.negative_multiplier : stage.multiplier;
  const int shift = (negative ? stage.negative_shift : stage.shift) + channel_shift;
  const Wide y = rshift_round<Wide>(v * multiplier, shift, rule) + stage.zero_point;
  StageResult result;
  // Cut by the type: the clamp that acted lies at the type's limit. A tighter one is the activation's own.
  const Wide type_low = min_of_bits(output_bits);
  const Wide type_high = max_of_bits(output_bits);
  result.saturated = (y < type_low && stage.low == type_low) || (y > type_high && stage.high == type_high);
  result.value = static_cast<std::int32_t>(saturate<Wide>(y, stage.low, stage.high));
  return result;
}

FixedPointScale fixed_point_scale(double scale, int multiplier_bits, int reserved_shift, const char* node) {
  if (!(scale > 0.0) || !std::isfinite(scale)) {
    throw GraphError(node, fmt::format("output scale factor {} is not a positive number", scale));
  }
  int exponent = 0;
  const double fraction =
      std::frexp(scale, &exponent);  // scale = fraction * 2^exponent, fraction in [0.5, 1)
  double multiplier = std::round(std::ldexp(fraction, multiplier_bits));
  if (multiplier >= std::ldexp(1.0, multiplier_bits)) {
    multiplier /= 2.0;
    ++exponent;
  }
  const int shift = multiplier_bits - exponent;
  if (shift < 0 || shift > kMaxShift - reserved_shift) {
    throw GraphError(
        node, fmt::format("output scale factor {:g} needs a right shift of {}, the machine has 0 to {}",
                          scale, shift, kMaxShift - reserved_shift));
  }
  return {static_cast<std::uint32_t>(multiplier), shift};
}

}  // namespace npu::hw
