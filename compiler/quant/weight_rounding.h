// Rounding weights up or down so that the layer's output, not each weight, is close to float: for one filter
// w, its integers q minimise (w - step * q)' H (w - step * q), with H the covariance of what the filter sees.
// The mean is left out because bias correction takes it back.
//  1. Nearest plane (Babai; in quantisation known from GPTQ, arXiv 2210.17323): taps are rounded one after
//  the
//     other, those of largest variance first, and each error is spread over the taps still to come.
//  2. Descent: single steps up or down as long as one of them lowers the sum; from that start and from the
//  nearest integers, the better end.
// Scale and shift are given; no weight leaves the integers' range.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "compiler/quant/layer_inputs.h"

namespace npu::compiler {

/// The integers a filter's weights may take.
struct WeightLimits {
  std::int32_t low = -127;
  std::int32_t high = 127;
};

class RoundingBasis {
 public:
  /// Few samples say little of correlations: off-diagonal entries are shrunk by samples / (samples + taps).
  explicit RoundingBasis(const TapCovariance& covariance);

  /// Integers for `weights` [tap] with real = step * q.
  std::vector<std::int16_t> round(std::span<const float> weights, double step,
                                  const WeightLimits& limits) const;

  /// (weights - step * q)' H (weights - step * q).
  double error(std::span<const float> weights, double step, std::span<const std::int16_t> q) const;

 private:
  struct Attempt {
    std::vector<double> residual;  ///< weight - step * q, by position
    std::vector<std::int16_t> q;
  };

  Attempt nearest_plane(std::span<const float> weights, double step, const WeightLimits& limits) const;
  Attempt nearest(std::span<const float> weights, double step, const WeightLimits& limits) const;
  std::vector<double> residual_gradient(const std::vector<double>& residual) const;
  /// Lowers the error by single steps; returns what is left.
  double descend(Attempt& attempt, double step, const WeightLimits& limits) const;

  std::size_t taps_;
  std::vector<std::size_t>
      order_;                  ///< tap of each position: variances ascend, so that the last is rounded first
  std::vector<float> matrix_;  ///< H in that order, [position][position]
  std::vector<float> spread_;  ///< [position][earlier position]: how a rounding error moves their targets
};

}  // namespace npu::compiler
