// Does every rounding rule do what its name says, at ties above all? Against oracles that divide and compare.
#include <set>

#include "hw/numerics/output_stage.h"
#include "hw/numerics/rounding_addends.h"
#include "tests/rounding_oracle.h"
#include "tests/support.h"

namespace npu::hw {
namespace {

using tests::rounding_oracle;
using tests::TestRandom;

constexpr std::uint64_t kSeed = 31;

Wide with_addends(Wide v, int shift, Rounding rule) {
  const RoundingAddends addends = rounding_addends(shift, rule);
  return (v + (v < 0 ? addends.negative : addends.not_negative)) >> shift;
}

bool is_tie(Wide v, int shift) {
  return shift > 0 && (v & ((Wide{1} << shift) - 1)) == Wide{1} << (shift - 1);
}

}  // namespace

TEST_CASE("Every rule equals its oracle on all small values and shifts, as an addition too") {
  for (const auto& [name, rule] : kRoundings) {
    INFO(name);
    for (int shift = 0; shift <= 10; ++shift) {
      for (std::int64_t value = -3000; value <= 3000; ++value) {
        const Wide expected = rounding_oracle(value, shift, rule);
        if (rshift_round<std::int64_t>(value, shift, rule) != expected) FAIL(value << " >> " << shift);
        if (rshift_round<Wide>(value, shift, rule) != expected) FAIL(value << " >> " << shift << " wide");
        if (rule == Rounding::kHalfEven && is_tie(value, shift)) continue;
        if (with_addends(value, shift, rule) != expected) FAIL(value << " + addend >> " << shift);
      }
    }
  }
}

TEST_CASE("Every rule equals its oracle on products of every size, ties and their neighbours among them") {
  INFO("seed " << kSeed);
  TestRandom random(kSeed);
  for (const auto& [name, rule] : kRoundings) {
    INFO(name);
    for (int shift = 0; shift <= kMaxShift; ++shift) {
      for (int round = 0; round < 600; ++round) {
        // Up to 80 bits: a 48-bit sum times a 31-bit multiplier.
        Wide value = (Wide{random.integer(-(std::int64_t{1} << 61), std::int64_t{1} << 61)} << 18) >>
                     random.integer(0, 70);
        if (round % 2 == 0 && shift > 0) {  // n + 1/2, and one beside it
          value = (value >> shift << shift) + (Wide{1} << (shift - 1)) + random.integer(-1, 1);
        }
        const Wide expected = rounding_oracle(value, shift, rule);
        REQUIRE((rshift_round<Wide>(value, shift, rule) == expected));
        if (rule == Rounding::kHalfEven && is_tie(value, shift)) continue;
        REQUIRE((with_addends(value, shift, rule) == expected));
      }
    }
  }
}

TEST_CASE("Rules by hand: 2.5, 3.5, -2.5 and -3.5 tell five rules apart") {
  struct Row {
    Rounding rule;
    int plus_2_5, plus_3_5, minus_2_5, minus_3_5;
  };
  for (const Row& row : {Row{Rounding::kHalfUp, 3, 4, -2, -3}, Row{Rounding::kHalfAway, 3, 4, -3, -4},
                         Row{Rounding::kHalfEven, 2, 4, -2, -4}, Row{Rounding::kFloor, 2, 3, -3, -4},
                         Row{Rounding::kTowardZero, 2, 3, -2, -3}}) {
    INFO(rounding_name(row.rule));
    CHECK(rshift_round<std::int64_t>(5, 1, row.rule) == row.plus_2_5);
    CHECK(rshift_round<std::int64_t>(7, 1, row.rule) == row.plus_3_5);
    CHECK(rshift_round<std::int64_t>(-5, 1, row.rule) == row.minus_2_5);
    CHECK(rshift_round<std::int64_t>(-7, 1, row.rule) == row.minus_3_5);
  }
}

TEST_CASE("gemmlowp rounds twice: a value just below a half goes up where one rounding would not") {
  // 0.5 - 2^-33 of the result: the first rounding makes it 1/2 of a bit, the second rounds that away from
  // zero.
  const Wide v = (Wide{1} << 32) - 1;
  CHECK((rshift_round<Wide>(v, 33, Rounding::kGemmlowp) == 1));
  CHECK((rshift_round<Wide>(v, 33, Rounding::kHalfUp) == 0));
  // -1/2 goes up in the first rounding and away from zero in the second.
  CHECK((rshift_round<Wide>(-(Wide{1} << 30), 31, Rounding::kGemmlowp) == 0));
  CHECK((rshift_round<Wide>(-(Wide{1} << 31), 32, Rounding::kGemmlowp) == -1));
}

TEST_CASE("no_ties is right about every sum and multiplier it admits, and admits multipliers that matter") {
  int admitted = 0;
  for (std::uint32_t multiplier = 0; multiplier < 200; ++multiplier) {
    for (int shift = 0; shift <= 14; ++shift) {
      const Wide largest = 100;
      if (!no_ties(largest, multiplier, shift)) continue;
      ++admitted;
      for (Wide v = -largest; v <= largest; ++v) {
        if (is_tie(v * multiplier, shift)) FAIL("a tie at multiplier " << multiplier << ", shift " << shift);
      }
    }
  }
  CHECK(admitted > 500);
  CHECK_FALSE(no_ties(8, 1, 4));  // 8 / 16
  CHECK(no_ties(7, 1, 4));
}

TEST_CASE("Rules have distinct names and keep their numbers") {
  std::set<std::string> names;
  for (std::size_t index = 0; index < kRoundings.size(); ++index) {
    CHECK(static_cast<std::size_t>(kRoundings[index].second) == index);
    CHECK(std::string(rounding_name(kRoundings[index].second)) == kRoundings[index].first);
    names.insert(kRoundings[index].first);
  }
  CHECK(names.size() == kRoundings.size());
}

TEST_CASE("The output stage uses the rule it is given, for LeakyReLU's second multiplier too") {
  TestRandom random(kSeed);
  for (const auto& [name, rule] : kRoundings) {
    INFO(name);
    for (int round = 0; round < 2000; ++round) {
      OutputStage stage;
      stage.leaky = round % 2 == 0;
      stage.multiplier = std::uint32_t{1} << random.integer(0, 15);
      stage.negative_multiplier = std::uint32_t{1} << random.integer(0, 15);
      stage.shift = static_cast<int>(random.integer(0, 40));
      stage.negative_shift = static_cast<int>(random.integer(0, 40));
      stage.zero_point = static_cast<std::int32_t>(random.integer(-128, 127));
      const int channel_shift = static_cast<int>(random.integer(0, 15));
      const Wide v = random.integer(-(1 << 20), 1 << 20);
      const bool negative = stage.leaky && v < 0;
      const Wide product = v * (negative ? stage.negative_multiplier : stage.multiplier);
      const Wide y =
          rounding_oracle(product, (negative ? stage.negative_shift : stage.shift) + channel_shift, rule) +
          stage.zero_point;
      const auto expected = static_cast<std::int32_t>(y < -128 ? -128 : (y > 127 ? 127 : y));
      REQUIRE(apply_output_stage(v, stage, channel_shift, rule, 8).value == expected);
    }
  }
}

}  // namespace npu::hw
