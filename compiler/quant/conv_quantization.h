// One convolution in integers: the weight-equalising shift, layer-wise weights, bias in accumulator units
// (arXiv 2008.05767; formulas in docs/numerics.md). Knows the layer and the scales around it, not the graph.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/graph/graph.h"
#include "compiler/quant/activation_range.h"
#include "compiler/quant/layer_inputs.h"

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

/// How a layer's weights share scales. kShift with largest_channel_shift 0 is the plain layer-wise scheme.
enum class WeightScheme {
  kShift,       ///< symmetric, one scale per layer, a binary shift per output channel
  kAsymmetric,  ///< one scale and one zero point per layer
  kPerChannel,  ///< symmetric, one scale per output channel: a multiplier and a shift each in the output
                ///< stage
};

/// The values that weights may take: real = step[out_channel] * (q - zero_point).
struct WeightGrid {
  WeightScheme scheme = WeightScheme::kShift;
  double scale = 1.0;                       ///< s_w; kPerChannel: the largest of the steps
  std::int32_t zero_point = 0;              ///< z_w, kAsymmetric only
  std::vector<std::uint8_t> channel_shift;  ///< e_c [out_channel]; 0 but for kShift
  std::vector<double> step;                 ///< [out_channel]: s_w * 2^-e_c, s_w or the channel's own scale
  std::int32_t low = -127;                  ///< smallest and largest q
  std::int32_t high = 127;
};

struct QuantizedWeights {
  WeightGrid grid;
  std::vector<std::int16_t> values;  ///< q, in the order of ConvOp::weights

  /// The real weight that `values[index]` of `out_channel` stands for.
  double real(std::size_t index, std::size_t out_channel) const {
    return (values[index] - grid.zero_point) * grid.step[out_channel];
  }
};

/// e_c = clamp(floor(log2(layer_maximum / channel_maximum)), 0, largest); 0 where channel_maximum is 0.
int equalising_shift(float layer_maximum, float channel_maximum, int largest);

/// r_c [out_channel]: largest magnitude of each output channel's weights.
std::vector<float> channel_maxima(const ConvOp& op);

/// Scales from the largest magnitudes. kShift: s_w = r_l / (2^(weight_bits-1) - 1); e_c is lowered where the
/// channel's bias in its own unit would reach 2^(accumulator_bits-3) (near-dead channels) or n + e_c would
/// leave the shifter. Every scheme: a scale is raised where weights are so small that the bias would not fit,
/// or that no multiplier could represent s_x * s_w / s_y; a layer of zeros is such a case.
WeightGrid weight_grid(const ConvLayer& layer, const std::vector<double>& bias, const ConvWidths& widths,
                       WeightScheme scheme);

/// The scale and shifts, near those of weight_grid, with the smallest output error for inputs of these
/// variances, taps taken as independent and weights as rounded to nearest. Largest weights may be clipped.
/// kAsymmetric has no search.
WeightGrid search_weight_grid(const ConvLayer& layer, const std::vector<double>& bias,
                              const ConvWidths& widths, WeightScheme scheme,
                              const std::vector<TapCovariance>& inputs);

/// q = clamp(round_half_away(W / step) + zero_point). With `inputs` ([group], or empty), rounded for the
/// layer's output instead (weight_rounding.h).
QuantizedWeights quantize_weights(const ConvOp& op, WeightGrid grid,
                                  const std::vector<TapCovariance>& inputs = {});

/// B_c = round(b_c / (s_x * step_c)) - z_x * sum(q_c - z_w), [out_channel].
std::vector<std::int64_t> quantize_bias(const ConvLayer& layer, const std::vector<double>& bias,
                                        const QuantizedWeights& weights);

}  // namespace npu::compiler
