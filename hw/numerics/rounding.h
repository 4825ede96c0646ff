// Rounding right shift, saturation and wrap-around: the integer rules of the datapath, written once
// (design: "Arithmetic: one definition, used everywhere"). No floating point.
#pragma once

#include <array>
#include <cstdint>
#include <utility>

namespace npu::hw {

/// 128-bit signed integer: wide enough for the product of a 48-bit accumulator and any multiplier.
__extension__ using Wide = __int128;

/// How a rounding right shift treats the bits it drops. Part of the contract between program, machine and
/// RTL. Numbers are kept for good: files and RTL parameters contain them.
enum class Rounding : std::uint8_t {
  kHalfUp = 0,      ///< to nearest, ties towards plus infinity
  kHalfAway = 1,    ///< to nearest, ties away from zero
  kHalfEven = 2,    ///< to nearest, ties to the even result
  kFloor = 3,       ///< towards minus infinity: the shift alone
  kTowardZero = 4,  ///< drops the fraction of the magnitude
  kGemmlowp = 5,    ///< two roundings: half up by the first 31 bits, then half away by what is left
};

/// Rules by their names in files.
inline constexpr std::array<std::pair<const char*, Rounding>, 6> kRoundings{{
    {"half_up", Rounding::kHalfUp},
    {"half_away", Rounding::kHalfAway},
    {"half_even", Rounding::kHalfEven},
    {"floor", Rounding::kFloor},
    {"toward_zero", Rounding::kTowardZero},
    {"gemmlowp", Rounding::kGemmlowp},
}};

constexpr const char* rounding_name(Rounding rule) {
  return kRoundings.at(static_cast<std::size_t>(rule)).first;
}

inline constexpr int kMaxShift = 63;  ///< largest right shift of the output stage: n + e_c

/// The first rounding of `gemmlowp` drops so many bits: the high half of a doubled 32 x 32-bit product, which
/// is what a multiplier of 31 bits and a sign stands for. The machine therefore wants 31 multiplier bits.
inline constexpr int kGemmlowpFirstShift = 31;

/// v / 2^k rounded by `rule`; k in [0, 63]; k = 0 returns v unchanged. The sum of v and 2^k must fit Integer.
template <class Integer>
constexpr Integer rshift_round(Integer value, int shift, Rounding rule) {
  if (shift == 0) return value;
  const Integer half = Integer{1} << (shift - 1);
  switch (rule) {
    case Rounding::kHalfUp:
      return (value + half) >> shift;
    case Rounding::kHalfAway:
      return (value + half - (value < 0 ? 1 : 0)) >> shift;
    case Rounding::kHalfEven:
      return (value + half - 1 + ((value >> shift) & 1)) >> shift;
    case Rounding::kFloor:
      return value >> shift;
    case Rounding::kTowardZero:
      return (value + (value < 0 ? half - 1 + half : 0)) >> shift;
    case Rounding::kGemmlowp:
      break;
  }
  if (shift <= kGemmlowpFirstShift) return (value + half) >> shift;
  const Integer high = (value + (Integer{1} << (kGemmlowpFirstShift - 1))) >> kGemmlowpFirstShift;
  return rshift_round<Integer>(high, shift - kGemmlowpFirstShift, Rounding::kHalfAway);
}

/// The value limited to [low, high].
template <class Integer>
constexpr Integer saturate(Integer value, Integer low, Integer high) {
  return value < low ? low : (value > high ? high : value);
}

/// `value` reduced to a two's complement number of `bits` bits, as a register of that width holds it.
constexpr std::int64_t wrap(std::int64_t value, int bits) {
  const int unused = 64 - bits;
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(value) << unused) >> unused;
}

/// Smallest and largest value of a signed element of `bits` bits.
constexpr std::int32_t min_of_bits(int bits) { return -(std::int32_t{1} << (bits - 1)); }
constexpr std::int32_t max_of_bits(int bits) { return (std::int32_t{1} << (bits - 1)) - 1; }

}  // namespace npu::hw
