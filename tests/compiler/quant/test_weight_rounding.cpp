// Rounding for the layer's output against exhaustive search; ranges by histogram; scores of a classifier.
#include <algorithm>
#include <cmath>

#include "compiler/quant/analytic_means.h"
#include "compiler/quant/output_range.h"
#include "compiler/quant/range_methods.h"
#include "compiler/quant/weight_rounding.h"
#include "tests/support.h"

using namespace npu;
using namespace npu::compiler;
using namespace npu::tests;

namespace {

// Covariance of random mixtures: taps are correlated.
TapCovariance correlated(std::int64_t taps, TestRandom& random) {
  TapCovariance covariance{taps, 1'000'000, {}};
  const auto n = static_cast<std::size_t>(taps);
  std::vector<float> mix(n * n);
  for (auto& m : mix) m = random.real(-1, 1);
  for (std::size_t i = 0; i < n; ++i) mix[i * n] += 2;  // a common part
  covariance.matrix.assign(n * n, 0);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      for (std::size_t k = 0; k < n; ++k) covariance.matrix[i * n + j] += mix[i * n + k] * mix[j * n + k];
    }
  }
  return covariance;
}

std::vector<std::int16_t> nearest(const std::vector<float>& weights, double step) {
  std::vector<std::int16_t> q;
  for (const float w : weights) q.push_back(static_cast<std::int16_t>(std::round(double{w} / step)));
  return q;
}

}  // namespace

TEST_CASE("rounding for the output is close to the best of all patterns and better than to nearest") {
  TestRandom random(4);
  constexpr double kStep = 0.1;
  double best_total = 0;
  double found_total = 0;
  double nearest_total = 0;
  for (int trial = 0; trial < 60; ++trial) {
    const RoundingBasis basis(correlated(6, random));
    std::vector<float> weights;
    for (int tap = 0; tap < 6; ++tap) weights.push_back(random.real(-1, 1));
    double best = INFINITY;
    auto q = nearest(weights, kStep);
    const auto centre = q;
    for (int pattern = 0; pattern < 729; ++pattern) {  // each tap one down, as it is, one up
      int rest = pattern;
      for (std::size_t tap = 0; tap < 6; ++tap, rest /= 3)
        q[tap] = static_cast<std::int16_t>(centre[tap] + rest % 3 - 1);
      best = std::min(best, basis.error(weights, kStep, q));
    }
    const auto found = basis.round(weights, kStep, {});
    best_total += best;
    found_total += basis.error(weights, kStep, found);
    nearest_total += basis.error(weights, kStep, centre);
    CHECK(basis.error(weights, kStep, found) <= basis.error(weights, kStep, centre) * 1.0001);
  }
  CHECK(found_total < 0.6 * nearest_total);
  CHECK(found_total < 1.3 * best_total);
}

TEST_CASE("independent taps are rounded to nearest, and limits hold") {
  TapCovariance covariance{3, 1000, {1, 0, 0, 0, 4, 0, 0, 0, 0.5F}};
  const RoundingBasis basis(covariance);
  CHECK(basis.round(std::vector<float>{0.26F, -0.34F, 9.0F}, 0.1, {}) ==
        std::vector<std::int16_t>{3, -3, 90});
  CHECK(basis.round(std::vector<float>{0.26F, -0.34F, 9.0F}, 0.1, {-2, 40}) ==
        std::vector<std::int16_t>{3, -2, 40});
}

TEST_CASE("few samples say nothing of correlations") {
  TestRandom random(9);
  auto covariance = correlated(5, random);
  covariance.samples = 0;
  std::vector<float> weights;
  for (int tap = 0; tap < 5; ++tap) weights.push_back(random.real(-1, 1));
  CHECK(RoundingBasis(covariance).round(weights, 0.1, {}) == nearest(weights, 0.1));
}

TEST_CASE("a histogram's ranges: all of it, all but the tails, and without a lonely outlier") {
  Histogram histogram({-1, 100});
  std::vector<float> values;
  TestRandom random(3);
  for (int i = 0; i < 100'000; ++i) values.push_back(random.real(0, 1) + random.real(-1, 1));
  values.push_back(100.0F);
  histogram.add(values);
  const Range all = choose_range(histogram, RangeMethod::kMinMax, 8, 100);
  CHECK(all.high == 100);
  const Range most = choose_range(histogram, RangeMethod::kPercentile, 8, 99.9);
  CHECK(most.high < 3);
  CHECK(most.low >= -1);
  CHECK(most.low < 0);
  for (const auto method : {RangeMethod::kMse, RangeMethod::kEntropy}) {
    const Range range = choose_range(histogram, method, 8, 100);
    CHECK(range.high < 95);
    CHECK(range.high >= 2);
  }
  // The optimum of (100 - h)^2 + 10^5 (h / 255)^2 / 12 lies at 88.6; candidates are 1.6 apart.
  CHECK(choose_range(histogram, RangeMethod::kMse, 8, 100).high == Approx(88.6).margin(1.6));
  const Histogram constant({0, 0});
  CHECK(choose_range(constant, RangeMethod::kMse, 8, 100).high == 0);
}

TEST_CASE("low scores are clipped where that costs no probability, and never the best ones") {
  std::vector<std::vector<float>> scores;
  TestRandom random(5);
  for (int input = 0; input < 200; ++input) {
    std::vector<float> row(50);
    for (auto& score : row) score = random.real(-30, 0);
    row[7] = random.real(8, 10);
    row[9] = row[7] - random.real(0.1F, 1.0F);
    scores.push_back(row);
  }
  const Range range = score_range({-30, 10}, scores, 8);
  CHECK(range.low > -20);
  CHECK(range.high == 10);
  CHECK(softmax_divergence(scores[0], scores[0]) == Approx(0).margin(1e-9));
  // Two classes, log odds 0 against log 3: p = (1/2, 1/2), q = (3/4, 1/4).
  CHECK(softmax_divergence(std::vector<float>{0, 0}, std::vector<float>{std::log(3.0F), 0}) ==
        Approx(0.5 * std::log(0.5 / 0.75) + 0.5 * std::log(0.5 / 0.25)));
}

TEST_CASE("the mean of a clamped normal variable, against tables and against sampling") {
  CHECK(clamped_normal_mean(0, 1, 0, INFINITY) == Approx(0.39894228));  // 1 / sqrt(2 pi)
  CHECK(clamped_normal_mean(3, 0, 0, 6) == 3);
  CHECK(clamped_normal_mean(9, 0, 0, 6) == 6);
  CHECK(clamped_normal_mean(100, 1, 0, 6) == Approx(6));
  double sum = 0;
  constexpr int kSteps = 20'000;
  for (int i = -kSteps; i <= kSteps; ++i) {  // integral over eight deviations on each side
    const double x = 8.0 * i / kSteps;
    sum += std::clamp(1.5 + 2 * x, 0.0, 6.0) * std::exp(-x * x / 2) / std::sqrt(2 * M_PI) * 8.0 / kSteps;
  }
  CHECK(clamped_normal_mean(1.5, 2, 0, 6) == Approx(sum).epsilon(1e-4));
}
