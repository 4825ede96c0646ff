// Arithmetic of the vector unit, one output element at a time: residual add, rescale, average and maximum
// pooling, table lookup. Exact sums, one rounding (design: "Other operators, all in integers").
#pragma once

#include <cstdint>

#include "hw/numerics/output_stage.h"

namespace npu::hw {

/// One operand of a residual add or rescale: contributes (q - zero_point) * multiplier.
struct ScaledOperand {
  std::int32_t zero_point = 0;
  std::uint32_t multiplier = 0;

  friend bool operator==(const ScaledOperand&, const ScaledOperand&) = default;
};

/// Exact contribution of element `q`; operands of one output share the output stage's shift.
constexpr Wide scaled(std::int32_t q, const ScaledOperand& operand) {
  return Wide{q - operand.zero_point} * operand.multiplier;
}

/// Output step of an exact sum that already holds its multipliers: y = clamp(z_y + rshift_round(sum, shift)).
/// Uses stage.shift, zero_point, low and high only.
inline StageResult finish_scaled_sum(Wide sum, const OutputStage& stage, Rounding rule, int output_bits) {
  OutputStage unit = stage;
  unit.multiplier = 1;
  unit.leaky = false;
  return apply_output_stage(sum, unit, 0, rule, output_bits);
}

/// Average of a window: `sum` of `count` real pixels with zero point `input_zero_point`; the multiplier
/// contains 1 / divisor. Padding contributes nothing.
inline StageResult average(std::int64_t sum, std::int64_t count, std::int32_t input_zero_point,
                           const OutputStage& stage, Rounding rule, int output_bits) {
  return apply_output_stage(Wide{sum} - Wide{count} * input_zero_point, stage, 0, rule, output_bits);
}

}  // namespace npu::hw
