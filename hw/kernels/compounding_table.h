// The compounding of a CONV, prepared for vector instructions: with 8-bit outputs and a 32-bit accumulator,
//   y = clamp(z_y + rshift_round((acc + B_c) * M_c, k_c)) = clamp((acc * M_c + C_c) >> k_c)
//   with C_c = B_c * M_c + r + z_y * 2^k_c,  r the rounding rule's addition (2^(k_c - 1) for half_up)
// exactly, in 64 bits. Where r depends on the sign of acc + B_c, the second table that LeakyReLU needs holds
// the other C_c; ties to even only pass where none can occur. The twin of apply_output_stage (hw/numerics);
// tests/hw/kernels prove them equal.
#pragma once

#include <cstdint>

#include "hw/isa/instruction.h"
#include "hw/kernels/aligned_vector.h"
#include "hw/kernels/channel_parameters.h"

namespace npu::hw {

/// One sign's factors. Vectors are padded with zero multipliers to whole vectors of `lanes` channels, and
/// within each vector the even channels come first, then the odd ones: 64-bit products come from every other
/// 32-bit lane.
struct CompoundingFactors {
  AlignedVector<std::int64_t> constant;    ///< C_c; with a logical shift 2^62 more
  AlignedVector<std::int64_t> multiplier;  ///< M_c
  AlignedVector<std::int64_t> shift;       ///< k_c
  AlignedVector<std::int32_t>
      correction;  ///< in channel order: what a logical shift adds, 2^(62 - k_c) modulo 2^32
};

struct CompoundingTable {
  std::int64_t channels = 0;
  bool by_sign = false;                        ///< LeakyReLU, or a rounding rule that looks at the sign
  CompoundingFactors factors;                  ///< where by_sign: for acc + B >= 0
  CompoundingFactors negative;                 ///< for acc + B < 0, only where by_sign
  AlignedVector<std::int32_t> negative_below;  ///< in channel order: acc + B < 0 exactly if acc < this
  std::int32_t low = 0;                        ///< clamp
  std::int32_t high = 0;
  std::int32_t cut_below = 0;  ///< results outside [cut_below, cut_above] count as saturated
  std::int32_t cut_above = 0;
};

/// What the table is made for.
struct CompoundingTarget {
  Rounding rounding = Rounding::kHalfUp;
  int lanes = 0;  ///< vector length in channels
  bool logical_shift = false;
};

/// Fills `table`. `largest_sum` bounds |acc|. Returns false, leaving the table undefined, if an intermediate
/// might not fit or a tie to even might occur: then only the scalar rule is exact.
bool build_compounding(const Conv& conv, const ChannelParameters& parameters, std::int64_t largest_sum,
                       const CompoundingTarget& target, CompoundingTable& table);

}  // namespace npu::hw
