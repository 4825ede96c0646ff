#include "compiler/quant/range_methods.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "hw/common/error.h"

namespace npu::compiler {
namespace {

/// Candidates: both ends shrink together in so many steps, down to an eighth.
constexpr int kCandidates = 56;
constexpr double kSmallestPart = 0.125;

Range percentile_range(const Histogram& histogram, double percentile) {
  const auto counts = histogram.counts();
  const auto total = std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
  const double dropped = static_cast<double>(total) * (100.0 - percentile) / 200.0;
  const auto first_kept = [&](auto begin, auto end) {
    std::int64_t sum = 0;
    auto bin = begin;
    while (bin != end && static_cast<double>(sum + *bin) <= dropped) sum += *bin++;
    return static_cast<double>(bin - begin);
  };
  const double below = first_kept(counts.begin(), counts.end());
  const double above = first_kept(counts.rbegin(), counts.rend());
  const Range& range = histogram.range();
  // A range keeps zero, so an end only moves towards it.
  return {std::min(range.low + below * histogram.bin_width(), std::max(range.low, 0.0)),
          std::max(range.high - above * histogram.bin_width(), std::min(range.high, 0.0))};
}

double squared_error(const Histogram& histogram, const Range& candidate, int bits) {
  const AffineScale scale = affine_scale(candidate, bits, std::numeric_limits<float>::min());
  const double step = double{scale.scale};
  const double low = -std::ldexp(1.0, bits - 1);
  const double high = std::ldexp(1.0, bits - 1) - 1;
  double error = 0;
  for (std::size_t bin = 0; bin < Histogram::kBins; ++bin) {
    if (histogram.counts()[bin] == 0) continue;
    const double value = histogram.range().low + (static_cast<double>(bin) + 0.5) * histogram.bin_width();
    const double q = std::clamp(value / step + scale.zero_point, low, high);
    const double clipped = value - (q - scale.zero_point) * step;
    // Rounding inside the range is uniform over a step: step^2 / 12, whatever the bins.
    error += static_cast<double>(histogram.counts()[bin]) * (clipped * clipped + step * step / 12);
  }
  return error;
}

// Kullback-Leibler divergence of the clipped distribution from its 2^bits-level approximation, each level's
// mass spread over the bins in it that hold values. Zero, which ReLU makes frequent and which is exact, is
// left out.
double divergence(const Histogram& histogram, const Range& candidate, int bits) {
  const double width = histogram.bin_width();
  const auto bin_of = [&](double value) {
    return std::clamp<std::int64_t>(static_cast<std::int64_t>((value - histogram.range().low) / width), 0,
                                    static_cast<std::int64_t>(Histogram::kBins) - 1);
  };
  const std::int64_t first = bin_of(candidate.low);
  const std::int64_t last = bin_of(candidate.high);
  const std::int64_t zero = bin_of(0);
  const auto bins = static_cast<std::size_t>(last - first + 1);
  std::vector<double> kept(bins, 0.0);
  std::vector<double> reference(bins, 0.0);
  for (std::int64_t bin = 0; bin < static_cast<std::int64_t>(Histogram::kBins); ++bin) {
    if (bin == zero) continue;
    const auto count = static_cast<double>(histogram.counts()[static_cast<std::size_t>(bin)]);
    reference[static_cast<std::size_t>(std::clamp(bin, first, last) - first)] += count;
    if (bin >= first && bin <= last) kept[static_cast<std::size_t>(bin - first)] += count;
  }
  const double total = std::accumulate(reference.begin(), reference.end(), 0.0);
  const double kept_total = std::accumulate(kept.begin(), kept.end(), 0.0);
  if (total == 0 || kept_total == 0) return std::numeric_limits<double>::infinity();
  const auto levels = std::min<std::size_t>(std::size_t{1} << bits, bins);
  double result = 0;
  for (std::size_t level = 0; level < levels; ++level) {
    const std::size_t begin = level * bins / levels;
    const std::size_t end = (level + 1) * bins / levels;
    double mass = 0;
    std::size_t occupied = 0;
    for (std::size_t bin = begin; bin < end; ++bin) {
      mass += kept[bin];
      occupied += reference[bin] > 0 ? 1 : 0;
    }
    for (std::size_t bin = begin; bin < end; ++bin) {
      if (reference[bin] <= 0) continue;
      const double p = reference[bin] / total;
      const double q = std::max(mass / static_cast<double>(occupied) / kept_total, 1e-9);
      result += p * std::log(p / q);
    }
  }
  return result;
}

}  // namespace

void Histogram::add(std::span<const float> values) {
  const double scale = range_.width() > 0 ? static_cast<double>(kBins) / range_.width() : 0.0;
  for (const float value : values) {
    const double bin = (double{value} - range_.low) * scale;
    ++counts_[static_cast<std::size_t>(std::clamp(bin, 0.0, static_cast<double>(kBins - 1)))];
  }
}

void Histogram::add(const Histogram& other) {
  for (std::size_t bin = 0; bin < kBins; ++bin) counts_[bin] += other.counts_[bin];
}

Range choose_range(const Histogram& histogram, RangeMethod method, int bits, double percentile) {
  NPU_CHECK(percentile > 0 && percentile <= 100, "percentile");
  const Range whole = histogram.range();
  if (method == RangeMethod::kMinMax || whole.width() == 0) return whole;
  if (method == RangeMethod::kPercentile) return percentile_range(histogram, percentile);
  Range best = whole;
  double lowest = std::numeric_limits<double>::infinity();
  for (int index = 0; index <= kCandidates; ++index) {
    const double part = 1.0 - (1.0 - kSmallestPart) * index / kCandidates;
    const Range candidate{std::min(whole.low, 0.0) * part, std::max(whole.high, 0.0) * part};
    const double cost = method == RangeMethod::kMse ? squared_error(histogram, candidate, bits)
                                                    : divergence(histogram, candidate, bits);
    if (cost < lowest) {
      lowest = cost;
      best = candidate;
    }
  }
  return best;
}

}  // namespace npu::compiler
