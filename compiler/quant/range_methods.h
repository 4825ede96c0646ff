// Ranges of activations from histograms: percentile, mean squared error, entropy. All look at the values of
// the float network on calibration inputs; minimum and maximum need no histogram.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "compiler/quant/activation_range.h"

namespace npu::compiler {

enum class RangeMethod {
  kMinMax,      ///< everything that calibration saw
  kPercentile,  ///< all but the same part of the values on each side
  kMse,         ///< smallest mean squared error of rounding and clipping
  kEntropy,     ///< smallest divergence between the values' distribution and that of the quantised values
};

/// Counts of equally wide bins over [low, high].
class Histogram {
 public:
  static constexpr std::size_t kBins = 2048;

  /// A range of width 0 is allowed: everything falls into the first bin.
  explicit Histogram(Range range) : range_(range), counts_(kBins, 0) {}

  void add(std::span<const float> values);
  void add(const Histogram& other);  ///< of the same range
  const Range& range() const { return range_; }
  std::span<const std::int64_t> counts() const { return counts_; }
  double bin_width() const { return range_.width() / static_cast<double>(kBins); }

 private:
  Range range_;
  std::vector<std::int64_t> counts_;
};

/// Range for `bits` bits. `percentile` in (0, 100] is the part kept by kPercentile. Ends never change sign
/// and never lie outside the histogram's range.
Range choose_range(const Histogram& histogram, RangeMethod method, int bits, double percentile);

}  // namespace npu::compiler
