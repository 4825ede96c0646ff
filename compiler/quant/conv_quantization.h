// One convolution in integers: the weight-equalising shift, layer-wise weights, bias in accumulator units
// (arXiv 2008.05767; formulas in docs/numerics.md). Knows the layer and the scales around it, not the graph.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/graph/graph.h"
#include "compiler/quant/activation_range.h"

namespace npu::compiler {

/// Widths that bound a layer's integers.
struct ConvWidths {
  int weight_bits = 8;
  int accumulator_bits = 32;
  int multiplier_bits = 16;
  int largest_channel_shift = 15;  ///< 2^shift_bits - 1
};

/// The layer, with its bias already corrected or not.
struct ConvLayer {
  std::string name;
  const ConvOp* op = nullptr;
  AffineScale input;
  AffineScale output;
};

struct QuantizedWeights {
  double scale = 1.0;                       ///< s_w
  std::vector<std::uint8_t> channel_shift;  ///< e_c [out_channel]
  std::vector<std::int16_t> values;         ///< in the order of ConvOp::weights

  /// The real weight that `values[index]` of `out_channel` stands for.
  double real(std::size_t index, std::size_t out_channel) const;
};

/// e_c = clamp(floor(log2(layer_maximum / channel_maximum)), 0, largest); 0 where channel_maximum is 0.
int equalising_shift(float layer_maximum, float channel_maximum, int largest);

/// r_c [out_channel]: largest magnitude of each output channel's weights.
std::vector<float> channel_maxima(const ConvOp& op);

/// s_w = r_l / (2^(weight_bits-1) - 1) and q_c = round_half_away(W_c * 2^e_c / s_w), clamped. e_c is lowered
/// where the channel's bias in its own unit would reach 2^(accumulator_bits-3) (near-dead channels) or n +
/// e_c would leave the shifter. r_l is raised where weights are so small that the layer's bias would not fit
/// even with e_c = 0, or that no multiplier could represent s_x * s_w / s_y; a layer of zeros is such a case.
QuantizedWeights quantize_weights(const ConvLayer& layer, const std::vector<double>& bias,
                                  const ConvWidths& widths);

/// B_c = round(b_c / (s_x * s_w * 2^-e_c)) - z_x * sum(q_c), [out_channel].
std::vector<std::int64_t> quantize_bias(const ConvLayer& layer, const std::vector<double>& bias,
                                        const QuantizedWeights& weights);

}  // namespace npu::compiler
