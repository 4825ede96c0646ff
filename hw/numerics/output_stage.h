// The compounding of one output: accumulator + bias, times the layer's multiplier, shifted right by n + e_c
// with rounding, plus zero point, clamped. The inverse of the weight-equalising shift e_c is fused into the
// shift (arXiv 2008.05767). Residual add, pooling and rescale share the same output step.
#pragma once

#include <cstdint>

#include "hw/numerics/rounding.h"

namespace npu::hw {

/// Integer output step of one layer: y = clamp(zero_point + rshift_round(v * multiplier, shift), low, high).
struct OutputStage {
  std::uint32_t multiplier = 1;           ///< M, unsigned, multiplier_bits wide
  int shift = 0;                          ///< n, 0..63; the channel's e_c is added to it
  std::uint32_t negative_multiplier = 0;  ///< M for v < 0 where `leaky` (LeakyReLU)
  int negative_shift = 0;                 ///< n for v < 0 where `leaky`
  bool leaky = false;
  std::int32_t zero_point = 0;  ///< z_y
  std::int32_t low = -128;      ///< fused activation's lower clamp, output integer domain
  std::int32_t high = 127;      ///< fused activation's upper clamp

  friend bool operator==(const OutputStage&, const OutputStage&) = default;
};

/// One output value and whether a *type* limit (not a fused activation) cut it.
struct StageResult {
  std::int32_t value = 0;
  bool saturated = false;
};

/// Output of the sum `v` (accumulator plus bias) of a channel with equalising shift `channel_shift`.
/// `output_bits` is the activation width. A value counts as saturated where the clamp at a limit of the type
/// cut it. The stage cannot know why a clamp lies there: a ReLU whose zero is the type's minimum counts too.
/// Requires |v| < 2^62 for exactness in 128 bits and shift + channel_shift in [0, 63].
StageResult apply_output_stage(Wide v, const OutputStage& stage, int channel_shift, Rounding rule,
                               int output_bits);

/// Real factor `scale` as multiplier * 2^-shift with the multiplier in [2^(bits-1), 2^bits), nearest, ties
/// away. Compile-time helper of the quantiser (floating point in, integers out). Throws npu::GraphError
/// naming `node` if the shift would leave [0, 63 - reserved_shift].
struct FixedPointScale {
  std::uint32_t multiplier = 0;
  int shift = 0;
};
FixedPointScale fixed_point_scale(double scale, int multiplier_bits, int reserved_shift, const char* node);

}  // namespace npu::hw
