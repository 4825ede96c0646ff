// The rounding rules as one addition before an arithmetic shift, for vectorised twins of rshift_round:
//   rshift_round(v, k, rule) == (v + (v < 0 ? negative : not_negative)) >> k.
// Twice nested floors join, floor((floor(a / m) + h) / n) = floor((a + h * m) / (m * n)), which turns the two
// roundings of gemmlowp into one addition too; where the first of them gives 0, the sign does not matter.
// Ties to even depend on the quotient's last bit and have no such form: the addition given for that rule is
// right wherever no tie can occur (no_ties).
#pragma once

#include <bit>
#include <cstdint>

#include "hw/numerics/rounding.h"

namespace npu::hw {

struct RoundingAddends {
  Wide not_negative = 0;
  Wide negative = 0;
};

constexpr RoundingAddends rounding_addends(int shift, Rounding rule) {
  if (shift == 0) return {};
  const Wide half = Wide{1} << (shift - 1);
  switch (rule) {
    case Rounding::kHalfUp:
    case Rounding::kHalfEven:
      return {half, half};
    case Rounding::kHalfAway:
      return {half, half - 1};
    case Rounding::kFloor:
      return {};
    case Rounding::kTowardZero:
      return {0, 2 * half - 1};
    case Rounding::kGemmlowp:
      break;
  }
  if (shift <= kGemmlowpFirstShift) return {half, half};
  const RoundingAddends second = rounding_addends(shift - kGemmlowpFirstShift, Rounding::kHalfAway);
  const Wide first = Wide{1} << (kGemmlowpFirstShift - 1);
  return {first + (second.not_negative << kGemmlowpFirstShift),
          first + (second.negative << kGemmlowpFirstShift)};
}

/// The rule's addition depends on the sign of what is rounded.
constexpr bool rounds_by_sign(Rounding rule) {
  return rule == Rounding::kHalfAway || rule == Rounding::kTowardZero || rule == Rounding::kGemmlowp;
}

/// No v with |v| <= largest makes v * multiplier / 2^shift a tie. With multiplier = odd * 2^t a tie needs v
/// to be an odd multiple of 2^(shift - 1 - t).
constexpr bool no_ties(Wide largest, std::uint32_t multiplier, int shift) {
  if (shift == 0 || multiplier == 0) return true;
  const int power = shift - 1 - std::countr_zero(multiplier);
  return power < 0 || largest < (Wide{1} << power);
}

}  // namespace npu::hw
