#include "compiler/quant/weight_rounding.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace npu::compiler {
namespace {

/// Part of the mean variance that is added to every variance: taps that were always constant stay bounded.
constexpr double kDamping = 0.01;
constexpr int kLargestDescents = 8;

// Upper triangle R with H = R' R, by rows; H [n][n] positive definite.
std::vector<double> cholesky(const std::vector<float>& h, std::size_t n) {
  std::vector<double> r(n * n, 0.0);
  for (std::size_t i = 0; i < n; ++i) {
    double* row = r.data() + i * n;
    for (std::size_t j = i; j < n; ++j) row[j] = double{h[i * n + j]};
    for (std::size_t k = 0; k < i; ++k) {
      const double* above = r.data() + k * n;
      const double factor = above[i];
      if (factor == 0) continue;
      for (std::size_t j = i; j < n; ++j) row[j] -= factor * above[j];
    }
    const double root = std::sqrt(std::max(row[i], 1e-12));
    for (std::size_t j = i; j < n; ++j) row[j] /= root;
  }
  return r;
}

}  // namespace

RoundingBasis::RoundingBasis(const TapCovariance& covariance)
    : taps_(static_cast<std::size_t>(covariance.taps)),
      order_(taps_),
      matrix_(taps_ * taps_),
      spread_(taps_ * taps_, 0.0F) {
  const auto& source = covariance.matrix;
  const auto variance = [&](std::size_t tap) { return double{source[tap * taps_ + tap]}; };
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  std::stable_sort(order_.begin(), order_.end(),
                   [&](std::size_t a, std::size_t b) { return variance(a) < variance(b); });
  double mean = 0;
  for (std::size_t tap = 0; tap < taps_; ++tap) mean += variance(tap) / static_cast<double>(taps_);
  const double damping = mean > 0 ? kDamping * mean : 1.0;
  const double trust =
      static_cast<double>(covariance.samples) / static_cast<double>(covariance.samples + covariance.taps);
  for (std::size_t i = 0; i < taps_; ++i) {
    for (std::size_t j = 0; j < taps_; ++j) {
      const double value = double{source[order_[i] * taps_ + order_[j]]};
      matrix_[i * taps_ + j] = static_cast<float>(i == j ? value + damping : trust * value);
    }
  }
  const auto r = cholesky(matrix_, taps_);
  for (std::size_t later = 0; later < taps_; ++later) {
    for (std::size_t earlier = 0; earlier < later; ++earlier) {
      spread_[later * taps_ + earlier] =
          static_cast<float>(r[earlier * taps_ + later] / r[earlier * taps_ + earlier]);
    }
  }
}

RoundingBasis::Attempt RoundingBasis::nearest_plane(std::span<const float> weights, double step,
                                                    const WeightLimits& limits) const {
  std::vector<float> target(taps_);
  for (std::size_t i = 0; i < taps_; ++i) target[i] = weights[order_[i]];
  Attempt attempt{std::vector<double>(taps_), std::vector<std::int16_t>(taps_)};
  for (std::size_t i = taps_; i-- > 0;) {
    const double rounded = std::round(double{target[i]} / step);
    attempt.q[i] = static_cast<std::int16_t>(std::clamp<double>(rounded, limits.low, limits.high));
    attempt.residual[i] = double{weights[order_[i]]} - step * attempt.q[i];
    const auto error = static_cast<float>(attempt.residual[i]);
    const float* spread = spread_.data() + i * taps_;
    for (std::size_t earlier = 0; earlier < i; ++earlier) target[earlier] += spread[earlier] * error;
  }
  return attempt;
}

RoundingBasis::Attempt RoundingBasis::nearest(std::span<const float> weights, double step,
                                              const WeightLimits& limits) const {
  Attempt attempt{std::vector<double>(taps_), std::vector<std::int16_t>(taps_)};
  for (std::size_t i = 0; i < taps_; ++i) {
    const double weight = double{weights[order_[i]]};
    attempt.q[i] =
        static_cast<std::int16_t>(std::clamp<double>(std::round(weight / step), limits.low, limits.high));
    attempt.residual[i] = weight - step * attempt.q[i];
  }
  return attempt;
}

std::vector<std::int16_t> RoundingBasis::round(std::span<const float> weights, double step,
                                               const WeightLimits& limits) const {
  Attempt best = nearest_plane(weights, step, limits);
  Attempt other = nearest(weights, step, limits);
  if (descend(other, step, limits) < descend(best, step, limits)) best = std::move(other);
  std::vector<std::int16_t> result(taps_);
  for (std::size_t i = 0; i < taps_; ++i) result[order_[i]] = best.q[i];
  return result;
}

std::vector<double> RoundingBasis::residual_gradient(const std::vector<double>& residual) const {
  std::vector<double> gradient(taps_, 0.0);
  for (std::size_t i = 0; i < taps_; ++i) {
    const float* row = matrix_.data() + i * taps_;
    for (std::size_t j = 0; j < taps_; ++j) gradient[j] += residual[i] * double{row[j]};
  }
  return gradient;
}

double RoundingBasis::descend(Attempt& attempt, double step, const WeightLimits& limits) const {
  auto& [residual, q] = attempt;
  auto gradient = residual_gradient(residual);
  for (int descent = 0; descent < kLargestDescents; ++descent) {
    bool changed = false;
    for (std::size_t i = 0; i < taps_; ++i) {
      const float* row = matrix_.data() + i * taps_;
      const int direction = gradient[i] > 0 ? 1 : -1;  // a step up lowers a positive residual
      if (q[i] + direction < limits.low || q[i] + direction > limits.high) continue;
      if (step * double{row[i]} >= 2 * std::abs(gradient[i]) * (1 - 1e-9)) continue;
      q[i] = static_cast<std::int16_t>(q[i] + direction);
      const double change = -step * direction;
      residual[i] += change;
      for (std::size_t j = 0; j < taps_; ++j) gradient[j] += change * double{row[j]};
      changed = true;
    }
    if (!changed) break;
  }
  return std::inner_product(residual.begin(), residual.end(), gradient.begin(), 0.0);
}

double RoundingBasis::error(std::span<const float> weights, double step,
                            std::span<const std::int16_t> q) const {
  std::vector<double> residual(taps_);
  for (std::size_t i = 0; i < taps_; ++i) residual[i] = double{weights[order_[i]]} - step * q[order_[i]];
  const auto gradient = residual_gradient(residual);
  return std::inner_product(residual.begin(), residual.end(), gradient.begin(), 0.0);
}

}  // namespace npu::compiler
