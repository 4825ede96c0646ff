#include "compiler/quant/output_range.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "hw/common/error.h"

namespace npu::compiler {
namespace {

/// Lower ends tried between the calibrated minimum and zero or the middle of the range, whichever is higher.
constexpr int kCandidates = 24;

// log of the sum of exp(scores).
double log_sum(std::span<const float> scores) {
  const double largest = double{*std::max_element(scores.begin(), scores.end())};
  double sum = 0;
  for (const float score : scores) sum += std::exp(double{score} - largest);
  return largest + std::log(sum);
}

std::vector<float> quantised(std::span<const float> scores, const AffineScale& scale, int bits) {
  const double low = -std::ldexp(1.0, bits - 1);
  const double high = std::ldexp(1.0, bits - 1) - 1;
  std::vector<float> result;
  for (const float score : scores) {
    const double q = std::round(double{score} / double{scale.scale}) + scale.zero_point;
    result.push_back(scale.scale * static_cast<float>(std::clamp(q, low, high) - scale.zero_point));
  }
  return result;
}

}  // namespace

double softmax_divergence(std::span<const float> scores, std::span<const float> other) {
  NPU_CHECK(scores.size() == other.size() && !scores.empty(), "scores of the same classes");
  const double norm = log_sum(scores);
  const double other_norm = log_sum(other);
  double divergence = 0;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    const double log_p = double{scores[i]} - norm;
    divergence += std::exp(log_p) * (log_p - (double{other[i]} - other_norm));
  }
  return std::max(divergence, 0.0);
}

Range score_range(const Range& calibrated, const std::vector<std::vector<float>>& scores, int bits) {
  Range best = calibrated;
  if (scores.empty() || calibrated.width() <= 0) return best;
  double lowest = std::numeric_limits<double>::infinity();
  const double highest_low = std::max(0.0, (calibrated.low + calibrated.high) / 2);
  for (int index = 0; index <= kCandidates; ++index) {
    const double low = calibrated.low + (highest_low - calibrated.low) * index / kCandidates;
    const Range candidate{std::min(low, 0.0), calibrated.high};
    const AffineScale scale = affine_scale(candidate, bits, std::numeric_limits<float>::min());
    double total = 0;
    for (const auto& input : scores) total += softmax_divergence(input, quantised(input, scale, bits));
    if (total < lowest) {
      lowest = total;
      best = candidate;
    }
    if (low >= 0) break;  // a range always contains zero
  }
  return best;
}

}  // namespace npu::compiler
