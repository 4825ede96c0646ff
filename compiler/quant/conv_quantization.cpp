#include "compiler/quant/conv_quantization.h"

#include <algorithm>
#include <cmath>

#include "hw/numerics/rounding.h"

namespace npu::compiler {
namespace {

/// Right shift n of the layer's output stage, at most one more than fixed_point_scale will choose.
int largest_output_shift(const ConvLayer& layer, double weight_scale, const ConvWidths& widths) {
  double factor = double{layer.input.scale} * weight_scale / layer.output.scale;
  const Activation& activation = layer.op->activation;
  if (activation.kind == Activation::Kind::kLeaky) factor *= std::min(1.0, double{activation.alpha});
  int exponent = 0;
  std::frexp(factor, &exponent);
  return widths.multiplier_bits - exponent;
}

/// Smallest s_w that keeps the layer representable; does not bind for ordinary layers.
double smallest_weight_scale(const ConvLayer& layer, const std::vector<double>& bias,
                             const ConvWidths& widths) {
  double largest_bias = 0;
  for (const double b : bias) largest_bias = std::max(largest_bias, std::abs(b));
  const double bias_limit = std::ldexp(1.0, widths.accumulator_bits - 4);
  const double for_bias = largest_bias / (layer.input.scale * bias_limit);
  // Leaves room below n = 63 for the slope of a leaky activation. A weight of one step is then worth, at
  // 16-bit multipliers, 2^-39 of an output step.
  constexpr int kRoomForSlope = 8;
  const int exponent = widths.multiplier_bits + kRoomForSlope - hw::kMaxShift;
  return std::max(for_bias, std::ldexp(double{layer.output.scale} / layer.input.scale, exponent));
}

std::int64_t sum_of(const std::int16_t* values, std::size_t count) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < count; ++i) sum += values[i];
  return sum;
}

std::int64_t integer_bias(const ConvLayer& layer, double bias, double weight_scale, int shift,
                          std::int64_t weight_sum) {
  const double unit = double{layer.input.scale} * weight_scale;
  return static_cast<std::int64_t>(std::round(std::ldexp(bias / unit, shift))) -
         layer.input.zero_point * weight_sum;
}

void quantize_channel(const float* weights, std::size_t taps, double scale, int shift, std::int32_t limit,
                      std::int16_t* values) {
  const double factor = std::ldexp(1.0 / scale, shift);
  for (std::size_t tap = 0; tap < taps; ++tap) {
    const double q = std::round(double{weights[tap]} * factor);  // std::round: halves away from zero
    values[tap] = static_cast<std::int16_t>(std::clamp<double>(q, -limit, limit));
  }
}

}  // namespace

double QuantizedWeights::real(std::size_t index, std::size_t out_channel) const {
  return std::ldexp(values[index] * scale, -channel_shift[out_channel]);
}

int equalising_shift(float layer_maximum, float channel_maximum, int largest) {
  if (!(channel_maximum > 0)) return 0;
  // The quotient of two floats is exact enough in double that it never rounds up to a power of two.
  return std::clamp(std::ilogb(double{layer_maximum} / channel_maximum), 0, largest);
}

std::vector<float> channel_maxima(const ConvOp& op) {
  const std::size_t taps = op.weights->size() / static_cast<std::size_t>(op.out_channels);
  std::vector<float> maxima(static_cast<std::size_t>(op.out_channels), 0.0F);
  for (std::size_t channel = 0; channel < maxima.size(); ++channel) {
    for (std::size_t tap = 0; tap < taps; ++tap) {
      maxima[channel] = std::max(maxima[channel], std::abs((*op.weights)[channel * taps + tap]));
    }
  }
  return maxima;
}

QuantizedWeights quantize_weights(const ConvLayer& layer, const std::vector<double>& bias,
                                  const ConvWidths& widths) {
  const auto& weights = *layer.op->weights;
  const auto maxima = channel_maxima(*layer.op);
  const std::int32_t limit = hw::max_of_bits(widths.weight_bits);
  QuantizedWeights result;
  const float largest = *std::max_element(maxima.begin(), maxima.end());
  result.scale = std::max(double{largest} / limit, smallest_weight_scale(layer, bias, widths));
  const float layer_maximum = std::max(largest, static_cast<float>(result.scale * limit));
  const int n = largest_output_shift(layer, result.scale, widths);
  const int largest_shift = std::clamp(hw::kMaxShift - n, 0, widths.largest_channel_shift);
  const double bias_limit = std::ldexp(1.0, widths.accumulator_bits - 3);
  const std::size_t taps = weights.size() / maxima.size();
  result.values.resize(weights.size());
  for (std::size_t channel = 0; channel < maxima.size(); ++channel) {
    std::int16_t* values = result.values.data() + channel * taps;
    int shift = equalising_shift(layer_maximum, maxima[channel], largest_shift);
    for (;; --shift) {
      quantize_channel(weights.data() + channel * taps, taps, result.scale, shift, limit, values);
      const auto b = integer_bias(layer, bias[channel], result.scale, shift, sum_of(values, taps));
      if (shift == 0 || std::abs(static_cast<double>(b)) < bias_limit) break;
    }
    result.channel_shift.push_back(static_cast<std::uint8_t>(shift));
  }
  return result;
}

std::vector<std::int64_t> quantize_bias(const ConvLayer& layer, const std::vector<double>& bias,
                                        const QuantizedWeights& weights) {
  const std::size_t taps = weights.values.size() / bias.size();
  std::vector<std::int64_t> result;
  for (std::size_t channel = 0; channel < bias.size(); ++channel) {
    result.push_back(integer_bias(layer, bias[channel], weights.scale, weights.channel_shift[channel],
                                  sum_of(weights.values.data() + channel * taps, taps)));
  }
  return result;
}

}  // namespace npu::compiler
