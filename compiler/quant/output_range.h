// The range of a classifier's scores. Only their order at the top and the probabilities they stand for
// matter, so the scores that are far below the best may be clipped and the steps become finer.
#pragma once

#include <span>
#include <vector>

#include "compiler/quant/activation_range.h"

namespace npu::compiler {

/// The part [low, maximum] of `calibrated` that, quantised to `bits` bits, gives the smallest mean
/// Kullback-Leibler divergence from softmax(scores) to softmax(quantised scores) over `scores`
/// [input][class].
Range score_range(const Range& calibrated, const std::vector<std::vector<float>>& scores, int bits);

/// Natural logarithm; sum over classes of p * log(p / q), with p and q the softmax of the two vectors of
/// scores.
double softmax_divergence(std::span<const float> scores, std::span<const float> other);

}  // namespace npu::compiler
