// The rounding rules a second time, for tests: by truncating division and comparison of the remainder,
// without shifts and without hw/numerics' formulas.
#pragma once

#include "hw/numerics/rounding.h"

namespace npu::tests {

/// Nearest integer to numerator / denominator (> 0); a tie goes to the neighbour that `tie_up(below)`
/// chooses.
template <class TieUp>
hw::Wide nearest(hw::Wide numerator, hw::Wide denominator, const TieUp& tie_up) {
  hw::Wide below = numerator / denominator;
  hw::Wide remainder = numerator % denominator;
  if (remainder < 0) {
    below -= 1;
    remainder += denominator;
  }
  const hw::Wide rest = denominator - remainder;
  if (remainder == rest) return tie_up(below) ? below + 1 : below;
  return remainder < rest ? below : below + 1;
}

/// gemmlowp's fixed-point multiplication from the product: the rounded high half of the doubled product (its
/// division truncates), then a rounded division by a power of two. Shifts below 31 are shifts to the left
/// first.
inline hw::Wide gemmlowp_oracle(hw::Wide product, int shift) {
  hw::Wide left = 1;
  for (int bit = shift; bit < 31; ++bit) left *= 2;
  const hw::Wide half = hw::Wide{1} << 30;
  const hw::Wide doubled = product * left;
  const hw::Wide high = (doubled + (doubled >= 0 ? half : 1 - half)) / (2 * half);
  hw::Wide divisor = 1;
  for (int bit = 31; bit < shift; ++bit) divisor *= 2;
  return nearest(high, divisor, [](hw::Wide below) { return below >= 0; });
}

/// v / 2^shift rounded by `rule`.
inline hw::Wide rounding_oracle(hw::Wide v, int shift, hw::Rounding rule) {
  hw::Wide divisor = 1;
  for (int bit = 0; bit < shift; ++bit) divisor *= 2;
  switch (rule) {
    case hw::Rounding::kHalfUp:
      return nearest(v, divisor, [](hw::Wide) { return true; });
    case hw::Rounding::kHalfAway:
      return nearest(v, divisor, [](hw::Wide below) { return below >= 0; });
    case hw::Rounding::kHalfEven:
      return nearest(v, divisor, [](hw::Wide below) { return below % 2 != 0; });
    case hw::Rounding::kFloor:
      return v / divisor - (v % divisor < 0 ? 1 : 0);
    case hw::Rounding::kTowardZero:
      return v / divisor;
    case hw::Rounding::kGemmlowp:
      break;
  }
  return gemmlowp_oracle(v, shift);
}

}  // namespace npu::tests
