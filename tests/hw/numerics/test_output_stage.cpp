// Oracles here divide and compare instead of adding half and shifting, so that they share nothing with the
// code.
#include <cmath>

#include "hw/common/error.h"
#include "hw/numerics/output_stage.h"
#include "tests/support.h"

namespace npu::hw {
namespace {

using tests::TestRandom;

constexpr std::uint64_t kSeed = 2008;

// floor(v / d) for d > 0 by truncating division.
Wide floor_divide(Wide v, Wide d) {
  const Wide quotient = v / d;
  return v % d < 0 ? quotient - 1 : quotient;
}

// v / 2^k to the nearest integer, ties towards plus infinity, by comparing the remainder with one half.
Wide round_half_up_oracle(Wide v, int k) {
  const Wide divisor = Wide{1} << k;
  const Wide below = floor_divide(v, divisor);
  const Wide remainder = v - below * divisor;  // 0 <= remainder < divisor
  return remainder * 2 >= divisor ? below + 1 : below;
}

std::int32_t clamp_oracle(Wide y, std::int32_t low, std::int32_t high) {
  if (y <= low) return low;
  if (y >= high) return high;
  return static_cast<std::int32_t>(y);
}

TEST_CASE(
    "rounding shift equals division with the remainder compared to one half, exhaustively on small values") {
  for (int shift = 0; shift <= 12; ++shift) {
    for (std::int64_t value = -10000; value <= 10000; ++value) {
      const auto expected = static_cast<std::int64_t>(round_half_up_oracle(value, shift));
      if (rshift_round<std::int64_t>(value, shift, Rounding::kHalfUp) != expected) {
        FAIL(value << " >> " << shift);
      }
      if (rshift_round<Wide>(value, shift, Rounding::kHalfUp) != expected)
        FAIL(value << " >> " << shift << " wide");
    }
  }
}

TEST_CASE("rounding shift is exact for random values of every size and every shift up to 63") {
  INFO("seed " << kSeed);
  TestRandom random(kSeed);
  for (int shift = 0; shift <= kMaxShift; ++shift) {
    for (int round = 0; round < 2000; ++round) {
      // 62 bits is the contract of the output stage's input, times a 32-bit multiplier: 94 bits.
      const Wide value = (Wide{random.integer(-(std::int64_t{1} << 61), std::int64_t{1} << 61)} << 32) >>
                         random.integer(0, 90);
      REQUIRE((rshift_round<Wide>(value, shift, Rounding::kHalfUp) == round_half_up_oracle(value, shift)));
    }
  }
}

TEST_CASE("ties go towards plus infinity, on either side of zero") {
  for (int shift = 1; shift <= 40; ++shift) {
    const Wide half = Wide{1} << (shift - 1);
    for (const int n : {-1001, -2, -1, 0, 1, 2, 1000}) {
      const Wide tie = Wide{n} * 2 * half + half;  // (n + 1/2) * 2^shift
      CHECK((rshift_round<Wide>(tie, shift, Rounding::kHalfUp) == n + 1));
      CHECK((rshift_round<Wide>(tie - 1, shift, Rounding::kHalfUp) == n));
      if (shift > 1) CHECK((rshift_round<Wide>(tie + 1, shift, Rounding::kHalfUp) == n + 1));
    }
  }
  CHECK(rshift_round<std::int64_t>(-3, 1, Rounding::kHalfUp) == -1);  // -1.5
  CHECK(rshift_round<std::int64_t>(3, 1, Rounding::kHalfUp) == 2);    // 1.5
  CHECK(rounding_name(Rounding::kHalfUp) == std::string("half_up"));
}

TEST_CASE("the worked example of the contract: -1000 * 40000, shift 20 + 3, zero point -10 gives -15") {
  OutputStage stage;
  stage.multiplier = 40000;
  stage.shift = 20;
  stage.zero_point = -10;
  const StageResult result = apply_output_stage(-1000, stage, 3, Rounding::kHalfUp, 8);
  CHECK(result.value == -15);
  CHECK_FALSE(result.saturated);
}

TEST_CASE("the output stage equals the oracle for random layers, 8 and 16 bits, leaky or not") {
  INFO("seed " << kSeed);
  TestRandom random(kSeed + 1);
  int leaky_negative = 0;
  int clamped = 0;
  for (int round = 0; round < 100000; ++round) {
    const int bits = round % 2 == 0 ? 8 : 16;
    OutputStage stage;
    stage.multiplier = static_cast<std::uint32_t>(random.integer(1 << 15, (1 << 16) - 1));
    stage.shift = static_cast<int>(random.integer(0, 48));
    stage.leaky = random.integer(0, 2) == 0;
    stage.negative_multiplier = static_cast<std::uint32_t>(random.integer(1 << 15, (1 << 16) - 1));
    stage.negative_shift = static_cast<int>(random.integer(0, 48));
    stage.zero_point = static_cast<std::int32_t>(random.integer(min_of_bits(bits), max_of_bits(bits)));
    stage.low = static_cast<std::int32_t>(random.integer(min_of_bits(bits), stage.zero_point));
    stage.high = static_cast<std::int32_t>(random.integer(stage.zero_point, max_of_bits(bits)));
    const int channel_shift = static_cast<int>(random.integer(0, 15));
    // Around the size that gives outputs in range, so that most results are not clamped.
    const Wide v = random.integer(-(std::int64_t{1} << 31), std::int64_t{1} << 31) >> random.integer(0, 31);
    const bool negative = stage.leaky && v < 0;
    const Wide m = negative ? stage.negative_multiplier : stage.multiplier;
    const int n = (negative ? stage.negative_shift : stage.shift) + channel_shift;
    const Wide y = round_half_up_oracle(v * m, n) + stage.zero_point;
    const StageResult result = apply_output_stage(v, stage, channel_shift, Rounding::kHalfUp, bits);
    REQUIRE(result.value == clamp_oracle(y, stage.low, stage.high));
    leaky_negative += negative ? 1 : 0;
    clamped += y != result.value ? 1 : 0;
  }
  CHECK(leaky_negative > 1000);
  CHECK(clamped > 1000);
  CHECK(clamped < 99000);
}

TEST_CASE("products of a 56-bit accumulator with a 31-bit multiplier are exact") {
  OutputStage stage;
  stage.multiplier = 0x7FFF'FFFF;
  stage.shift = 60;
  stage.low = min_of_bits(16);
  stage.high = max_of_bits(16);
  TestRandom random(kSeed + 2);
  for (int round = 0; round < 10000; ++round) {
    const Wide v = random.integer(-(std::int64_t{1} << 55), (std::int64_t{1} << 55) - 1);
    const Wide expected = round_half_up_oracle(v * stage.multiplier, 60);
    REQUIRE(apply_output_stage(v, stage, 0, Rounding::kHalfUp, 16).value ==
            clamp_oracle(expected, stage.low, stage.high));
  }
}

TEST_CASE("ties of a multiplier that is a power of two round up, negative ones too") {
  OutputStage stage;
  stage.multiplier = 1 << 15;
  stage.low = min_of_bits(8);
  stage.high = max_of_bits(8);
  for (int shift = 16; shift <= 40; ++shift) {
    stage.shift = shift;
    const std::int64_t half = std::int64_t{1} << (shift - 16);  // half * 2^15 is half of 2^shift
    for (int n = -100; n <= 100; ++n) {
      const std::int64_t v = (2 * std::int64_t{n} + 1) * half;  // v * M / 2^shift = n + 1/2
      CHECK(apply_output_stage(v, stage, 0, Rounding::kHalfUp, 8).value == n + 1);
      CHECK(apply_output_stage(v - 1, stage, 0, Rounding::kHalfUp, 8).value == n);
    }
  }
}

TEST_CASE("the channel's shift divides by its power of two") {
  OutputStage stage;
  stage.multiplier = 1;
  stage.shift = 0;
  stage.low = min_of_bits(16);
  stage.high = max_of_bits(16);
  for (int e = 0; e <= 15; ++e) {
    CHECK(apply_output_stage(Wide{100} << e, stage, e, Rounding::kHalfUp, 16).value == 100);
    CHECK(apply_output_stage(-(Wide{100} << e), stage, e, Rounding::kHalfUp, 16).value == -100);
  }
}

TEST_CASE("an output counts as saturated where the type cut it, not where the activation would have anyway") {
  OutputStage stage;
  stage.multiplier = 1;
  stage.low = -128;
  stage.high = 127;
  const auto saturated = [&](std::int64_t v) {
    return apply_output_stage(v, stage, 0, Rounding::kHalfUp, 8).saturated;
  };
  CHECK_FALSE(saturated(127));
  CHECK(saturated(128));
  CHECK_FALSE(saturated(-128));
  CHECK(saturated(-129));
  stage.low = 0;  // ReLU with zero point 0
  CHECK_FALSE(saturated(-129));
  CHECK_FALSE(saturated(-1));
  CHECK(saturated(128));
  stage.high = 100;  // ReLU6
  CHECK_FALSE(saturated(128));
  CHECK(apply_output_stage(128, stage, 0, Rounding::kHalfUp, 8).value == 100);
  stage = OutputStage{};
  stage.low = min_of_bits(16);
  stage.high = max_of_bits(16);
  CHECK_FALSE(apply_output_stage(128, stage, 0, Rounding::kHalfUp, 16).saturated);
  CHECK(apply_output_stage(32768, stage, 0, Rounding::kHalfUp, 16).saturated);
}

TEST_CASE("a scale becomes the nearest multiplier and shift") {
  INFO("seed " << kSeed);
  TestRandom random(kSeed + 3);
  for (const int bits : {8, 16, 31}) {
    for (int round = 0; round < 20000; ++round) {
      const double scale = std::ldexp(1.0 + static_cast<double>(random.next() >> 12) * 0x1p-52,
                                      static_cast<int>(random.integer(-30, 5)));
      const FixedPointScale fixed = fixed_point_scale(scale, bits, 0, "layer");
      REQUIRE(fixed.multiplier >= std::uint32_t{1} << (bits - 1));
      REQUIRE(fixed.multiplier <= (std::uint64_t{1} << bits) - 1);
      // Exact in long double: both sides have far fewer than 64 significant bits.
      const long double value = std::ldexp(static_cast<long double>(fixed.multiplier), -fixed.shift);
      const long double step = std::ldexp(1.0L, -fixed.shift);
      // Rounding up to 2^bits halves the multiplier, which doubles the step.
      REQUIRE(std::fabs(value - static_cast<long double>(scale)) <= step / 2);
    }
  }
}

TEST_CASE("scales that are powers of two, and those that round up to one, are exact") {
  for (int exponent = -40; exponent <= 14; ++exponent) {
    const FixedPointScale fixed = fixed_point_scale(std::ldexp(1.0, exponent), 16, 0, "layer");
    CHECK(fixed.multiplier == 1U << 15);
    CHECK(fixed.shift == 15 - exponent);
  }
  const FixedPointScale up = fixed_point_scale(std::ldexp(65535.75, -16), 16, 0, "layer");
  CHECK(up.multiplier == 1U << 15);
  CHECK(up.shift == 15);
  // A tie of the multiplier goes away from zero.
  CHECK(fixed_point_scale(std::ldexp(40000.5, -20), 16, 0, "layer").multiplier == 40001);
}

TEST_CASE("a scale that the shifter cannot express is a graph error that names the layer") {
  const auto refused = [](double scale, int reserved) {
    try {
      fixed_point_scale(scale, 16, reserved, "conv7");
    } catch (const GraphError& error) {
      CHECK(error.node() == "conv7");
      return true;
    }
    return false;
  };
  CHECK(refused(0.0, 0));
  CHECK(refused(-1.0, 0));
  CHECK(refused(std::nan(""), 0));
  CHECK(refused(INFINITY, 0));
  CHECK_FALSE(refused(std::ldexp(1.0, 15), 0));   // shift 0
  CHECK(refused(std::ldexp(1.0, 16), 0));         // shift -1
  CHECK_FALSE(refused(std::ldexp(1.0, -48), 0));  // shift 63
  CHECK(refused(std::ldexp(1.0, -49), 0));
  CHECK_FALSE(refused(std::ldexp(1.0, -33), 15));
  CHECK(refused(std::ldexp(1.0, -34), 15));
}

}  // namespace
}  // namespace npu::hw
