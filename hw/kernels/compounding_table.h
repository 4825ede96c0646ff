// The compounding of a CONV, prepared for vector instructions: with 8-bit outputs, a 32-bit accumulator and
// half_up,
//   y = clamp(z_y + rshift_round((acc + B_c) * M_c, k_c)) = clamp((acc * M_c + C_c) >> k_c)
//   with C_c = B_c * M_c + 2^(k_c - 1) + z_y * 2^k_c   (no 2^(k_c - 1) where k_c = 0)
// exactly, in 64 bits. The twin of apply_output_stage (hw/numerics); tests/hw/kernels prove them equal.
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
  bool leaky = false;
  CompoundingFactors factors;                  ///< where leaky: for acc + B >= 0
  CompoundingFactors negative;                 ///< for acc + B < 0, only where leaky
  AlignedVector<std::int32_t> negative_below;  ///< in channel order: acc + B < 0 exactly if acc < this
  std::int32_t low = 0;                        ///< clamp
  std::int32_t high = 0;
  std::int32_t cut_below = 0;  ///< results outside [cut_below, cut_above] count as saturated
  std::int32_t cut_above = 0;
};

/// Fills `table`. `largest_sum` bounds |acc|; `lanes` is the vector length in channels. Returns false,
/// leaving the table undefined, if an intermediate might not fit: then only the scalar rule is exact.
bool build_compounding(const Conv& conv, const ChannelParameters& parameters, std::int64_t largest_sum,
                       int lanes, bool logical_shift, CompoundingTable& table);

}  // namespace npu::hw
