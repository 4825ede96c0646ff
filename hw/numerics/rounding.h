// Rounding right shift, saturation and wrap-around: the integer rules of the datapath, written once
// (design: "Arithmetic: one definition, used everywhere"). No floating point.
#pragma once

#include <cstdint>
#include <string_view>

namespace npu::hw {

/// 128-bit signed integer: wide enough for the product of a 48-bit accumulator and any multiplier.
__extension__ using Wide = __int128;

/// How a rounding right shift treats the bits it drops. Part of the contract between program, machine and
/// RTL.
enum class Rounding : std::uint8_t {
  kHalfUp = 0,  ///< add half, shift arithmetically: ties go towards plus infinity
};

constexpr std::string_view rounding_name(Rounding) { return "half_up"; }

inline constexpr int kMaxShift = 63;  ///< largest right shift of the output stage: n + e_c

/// v / 2^k rounded by `rule`; k in [0, 63]; k = 0 returns v unchanged.
template <class Integer>
constexpr Integer rshift_round(Integer value, int shift, Rounding rule) {
  switch (rule) {
    case Rounding::kHalfUp:
      break;
  }
  return shift == 0 ? value : (value + (Integer{1} << (shift - 1))) >> shift;
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
