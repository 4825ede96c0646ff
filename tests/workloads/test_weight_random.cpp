// The generator of weights: the same numbers everywhere, with the distributions that its header states.
#include <cmath>
#include <vector>

#include "tests/support.h"
#include "workloads/weight_random.h"

using npu::workloads::WeightRandom;

TEST_CASE("The stream of a seed and a name is pinned") {
  WeightRandom random(1, "conv");
  const std::vector<std::uint64_t> found{random.next(), random.next(), random.next()};
  WeightRandom again(1, "conv");
  CHECK(found == std::vector<std::uint64_t>{again.next(), again.next(), again.next()});
  CHECK(found[0] == 0xE799EFD39EA92645ULL);
}

TEST_CASE("Streams of different seeds or names differ") {
  WeightRandom a(1, "conv1");
  WeightRandom b(1, "conv2");
  WeightRandom c(2, "conv1");
  WeightRandom d(1, "");
  int equal = 0;
  for (int draw = 0; draw < 1000; ++draw) {
    const std::uint64_t value = a.next();
    equal += (value == b.next()) + (value == c.next()) + (value == d.next());
  }
  CHECK(equal == 0);
}

TEST_CASE("Uniform numbers fill the unit interval evenly") {
  WeightRandom random(3, "uniform");
  std::vector<int> bins(16, 0);
  const int draws = 160'000;
  for (int draw = 0; draw < draws; ++draw) {
    const float value = random.uniform();
    REQUIRE(value >= 0.0F);
    REQUIRE(value < 1.0F);
    ++bins[static_cast<std::size_t>(value * 16.0F)];
  }
  for (const int count : bins) {
    CHECK(std::abs(count - draws / 16) < 500);  // five standard deviations
  }
}

TEST_CASE("Normal numbers have mean 0, variance 1 and the tails of a sum of eight uniforms") {
  WeightRandom random(4, "normal");
  const int draws = 200'000;
  double sum = 0;
  double squares = 0;
  double fourth = 0;
  int beyond_two = 0;
  for (int draw = 0; draw < draws; ++draw) {
    const double value = static_cast<double>(random.normal());
    REQUIRE(std::fabs(value) < 4.9);
    sum += value;
    squares += value * value;
    fourth += value * value * value * value;
    beyond_two += std::fabs(value) > 2 ? 1 : 0;
  }
  CHECK(std::fabs(sum / draws) < 0.012);
  CHECK(std::fabs(squares / draws - 1) < 0.02);
  CHECK(fourth / draws ==
        Approx(3 - 1.2 / 8).margin(0.06));  // kurtosis of the sum of n uniforms: 3 - 6 / (5 n)
  CHECK(static_cast<double>(beyond_two) / draws == Approx(0.0455).margin(0.004));
}

TEST_CASE("Octave factors lie between 2^-octaves and 1, most of them near 1") {
  WeightRandom random(5, "octaves");
  int octave_counts[6] = {};
  for (int draw = 0; draw < 60'000; ++draw) {
    const float factor = random.octave_factor(6);
    REQUIRE(factor > 0x1p-6F);
    REQUIRE(factor <= 1.0F);
    ++octave_counts[-std::ilogb(factor) - (factor == 1.0F ? 0 : 1)];
  }
  for (int octave = 1; octave < 6; ++octave) {
    CHECK(octave_counts[octave] < octave_counts[octave - 1]);
  }
  // The exponent is 6 u^2: the first octave holds u < sqrt(1 / 6).
  CHECK(octave_counts[0] / 60'000.0 == Approx(std::sqrt(1.0 / 6)).margin(0.01));
  CHECK(WeightRandom(1, "none").octave_factor(0) == 1.0F);
}
