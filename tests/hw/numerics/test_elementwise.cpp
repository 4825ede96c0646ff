#include <cmath>

#include "hw/numerics/elementwise.h"
#include "tests/support.h"

namespace npu::hw {
namespace {

using tests::TestRandom;

constexpr std::uint64_t kSeed = 1810;

// Nearest integer to `exact`, ties up; exact as long as the value has fewer than 63 bits.
std::int64_t nearest(long double exact) { return static_cast<std::int64_t>(std::floor(exact + 0.5L)); }

TEST_CASE("wrap keeps the low bits, sign-extended, as a register of that width does") {
  for (const int bits : {8, 24, 32, 48, 56, 64}) {
    const Wide modulus = Wide{1} << bits;
    TestRandom random(kSeed + static_cast<std::uint64_t>(bits));
    for (int round = 0; round < 5000; ++round) {
      const auto value = static_cast<std::int64_t>(random.next()) >> random.integer(0, 63);
      const Wide wrapped = wrap(value, bits);
      REQUIRE((wrapped >= -modulus / 2));
      REQUIRE((wrapped < modulus / 2));
      REQUIRE(((Wide{value} - wrapped) % modulus == 0));
    }
  }
  CHECK(wrap(INT32_MAX + std::int64_t{1}, 32) == INT32_MIN);
  CHECK(wrap(INT32_MIN - std::int64_t{1}, 32) == INT32_MAX);
  CHECK(wrap(-1, 24) == -1);
}

TEST_CASE("saturate and the limits of a width are what they say") {
  CHECK(min_of_bits(8) == -128);
  CHECK(max_of_bits(8) == 127);
  CHECK(min_of_bits(16) == -32768);
  CHECK(max_of_bits(16) == 32767);
  CHECK(saturate(5, 0, 3) == 3);
  CHECK(saturate(-5, 0, 3) == 0);
  CHECK(saturate(2, 0, 3) == 2);
}

TEST_CASE("a residual add is the exact sum of its scaled operands, rounded once") {
  INFO("seed " << kSeed);
  TestRandom random(kSeed);
  for (int round = 0; round < 100000; ++round) {
    const ScaledOperand a{static_cast<std::int32_t>(random.integer(-128, 127)),
                          static_cast<std::uint32_t>(random.integer(0, (1 << 16) - 1))};
    const ScaledOperand b{static_cast<std::int32_t>(random.integer(-128, 127)),
                          static_cast<std::uint32_t>(random.integer(0, (1 << 16) - 1))};
    const auto qa = static_cast<std::int32_t>(random.integer(-128, 127));
    const auto qb = static_cast<std::int32_t>(random.integer(-128, 127));
    OutputStage stage;
    stage.shift = static_cast<int>(random.integer(0, 24));
    stage.zero_point = static_cast<std::int32_t>(random.integer(-128, 127));
    stage.multiplier = 12345;  // must play no part
    stage.leaky = true;
    stage.negative_multiplier = 999;
    const long double exact = std::ldexp((static_cast<long double>(qa) - a.zero_point) * a.multiplier +
                                             (static_cast<long double>(qb) - b.zero_point) * b.multiplier,
                                         -stage.shift);
    const std::int64_t y = nearest(exact) + stage.zero_point;
    const StageResult result = finish_scaled_sum(scaled(qa, a) + scaled(qb, b), stage, Rounding::kHalfUp, 8);
    REQUIRE(result.value == saturate<std::int64_t>(y, -128, 127));
    REQUIRE(result.saturated == (y < -128 || y > 127));
  }
}

TEST_CASE("one rounding of a sum differs from the sum of two roundings where it should") {
  // 0.5 + 0.5 is 1, while each half alone rounds up to 1.
  const ScaledOperand half{0, 1};
  OutputStage stage;
  stage.shift = 1;
  CHECK(finish_scaled_sum(scaled(1, half) + scaled(1, half), stage, Rounding::kHalfUp, 8).value == 1);
  // -0.5 + 0 rounds up to 0, -1.5 to -1.
  CHECK(finish_scaled_sum(scaled(-1, half), stage, Rounding::kHalfUp, 8).value == 0);
  CHECK(finish_scaled_sum(scaled(-3, half), stage, Rounding::kHalfUp, 8).value == -1);
}

TEST_CASE("an average is the mean of the real pixels in output units") {
  INFO("seed " << kSeed);
  TestRandom random(kSeed + 1);
  for (int round = 0; round < 20000; ++round) {
    const std::int64_t count = random.integer(1, 64);
    const auto zero_point = static_cast<std::int32_t>(random.integer(-128, 127));
    std::int64_t sum = 0;
    for (std::int64_t pixel = 0; pixel < count; ++pixel) sum += random.integer(-128, 127);
    const FixedPointScale scale = fixed_point_scale(0.7 / static_cast<double>(count), 16, 0, "pool");
    OutputStage stage;
    stage.multiplier = scale.multiplier;
    stage.shift = scale.shift;
    stage.zero_point = 3;
    const long double exact = std::ldexp(
        static_cast<long double>(sum - count * zero_point) * static_cast<long double>(scale.multiplier),
        -scale.shift);
    const StageResult result = average(sum, count, zero_point, stage, Rounding::kHalfUp, 8);
    REQUIRE(result.value == saturate<std::int64_t>(nearest(exact) + 3, -128, 127));
    // And near the mean in real numbers: half a step of rounding plus the multiplier's 2^-16.
    const double mean = 0.7 * (static_cast<double>(sum) / static_cast<double>(count) - zero_point) + 3;
    if (mean > -128 && mean < 127) REQUIRE(std::fabs(result.value - mean) <= 0.5 + 256 * 0x1p-16);
  }
}

TEST_CASE("padding that is left out of sum and count leaves the average of the rest") {
  OutputStage stage;
  stage.multiplier = 1 << 15;
  stage.shift = 15 + 1;  // 1/2: two real pixels
  stage.zero_point = 0;
  CHECK(average(10 + 20, 2, 4, stage, Rounding::kHalfUp, 8).value == 11);  // ((10-4) + (20-4)) / 2
}

}  // namespace
}  // namespace npu::hw
