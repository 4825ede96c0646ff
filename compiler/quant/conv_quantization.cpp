#include "compiler/quant/conv_quantization.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "compiler/quant/weight_rounding.h"
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

/// Scales are kept as float32, in files and reports too. Never below `scale`, so that no weight is clipped.
double float_scale(double scale) {
  const auto rounded = static_cast<float>(scale);
  return double{rounded < scale ? std::nextafter(rounded, std::numeric_limits<float>::max()) : rounded};
}

/// Sum of (q - zero_point).
std::int64_t sum_of(const std::int16_t* values, std::size_t count, std::int32_t zero_point) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < count; ++i) sum += values[i] - zero_point;
  return sum;
}

std::int64_t integer_bias(const ConvLayer& layer, double bias, double step, std::int64_t weight_sum) {
  return static_cast<std::int64_t>(std::round(bias / (double{layer.input.scale} * step))) -
         layer.input.zero_point * weight_sum;
}

// Nearest integers, halves away from zero.
void round_to_nearest(const float* weights, std::size_t taps, double step, const WeightGrid& grid,
                      std::int16_t* values) {
  for (std::size_t tap = 0; tap < taps; ++tap) {
    const double q = std::round(double{weights[tap]} / step) + grid.zero_point;
    values[tap] = static_cast<std::int16_t>(std::clamp<double>(q, grid.low, grid.high));
  }
}

/// Sum of the filter's output error over its taps, as if they were independent: variance * (w - step * q)^2.
double diagonal_error(const float* weights, std::span<const double> variances, double step,
                      const WeightGrid& grid) {
  double error = 0;
  for (std::size_t tap = 0; tap < variances.size(); ++tap) {
    const double weight = double{weights[tap]};
    const double q = std::clamp<double>(std::round(weight / step), grid.low - grid.zero_point,
                                        grid.high - grid.zero_point);
    error += variances[tap] * (weight - step * q) * (weight - step * q);
  }
  return error;
}

/// Chooses the shifts of a layer for a given scale.
class ShiftChoice {
 public:
  ShiftChoice(const ConvLayer& layer, const std::vector<double>& bias, const ConvWidths& widths)
      : layer_(layer),
        bias_(bias),
        widths_(widths),
        maxima_(channel_maxima(*layer.op)),
        taps_(layer.op->weights->size() / maxima_.size()),
        values_(taps_) {}

  /// Fills e_c and steps of `grid`. With variances ([group][tap]) a channel may take one shift more, which
  /// clips its largest weights, if that lowers its error. Returns the layer's error then, else 0.
  double fill(WeightGrid& grid, const std::vector<std::vector<double>>& variances) {
    const float fitting = static_cast<float>(grid.scale * grid.high);
    const int n = largest_output_shift(layer_, grid.scale, widths_);
    const int largest = std::clamp(hw::kMaxShift - n, 0, widths_.largest_channel_shift);
    const std::size_t group_outputs = maxima_.size() / static_cast<std::size_t>(layer_.op->groups);
    double total = 0;
    for (std::size_t channel = 0; channel < maxima_.size(); ++channel) {
      int shift = equalising_shift(fitting, maxima_[channel], largest);
      while (shift > 0 && !bias_fits(channel, grid, shift)) --shift;
      if (!variances.empty()) {
        const auto& variance = variances[channel / group_outputs];
        const float* filter = weights_of(channel);
        double error = diagonal_error(filter, variance, std::ldexp(grid.scale, -shift), grid);
        if (shift < largest && maxima_[channel] > 0 && bias_fits(channel, grid, shift + 1)) {
          const double clipped = diagonal_error(filter, variance, std::ldexp(grid.scale, -shift - 1), grid);
          if (clipped < error) {
            error = clipped;
            ++shift;
          }
        }
        total += error;
      }
      grid.channel_shift[channel] = static_cast<std::uint8_t>(shift);
      grid.step[channel] = std::ldexp(grid.scale, -shift);
    }
    return total;
  }

 private:
  const float* weights_of(std::size_t channel) const { return layer_.op->weights->data() + channel * taps_; }

  bool bias_fits(std::size_t channel, const WeightGrid& grid, int shift) {
    const double step = std::ldexp(grid.scale, -shift);
    round_to_nearest(weights_of(channel), taps_, step, grid, values_.data());
    const auto b = integer_bias(layer_, bias_[channel], step, sum_of(values_.data(), taps_, 0));
    return std::abs(static_cast<double>(b)) < std::ldexp(1.0, widths_.accumulator_bits - 3);
  }

  const ConvLayer& layer_;
  const std::vector<double>& bias_;
  const ConvWidths& widths_;
  std::vector<float> maxima_;
  std::size_t taps_;
  std::vector<std::int16_t> values_;
};

/// Variances of the taps, [group][tap].
std::vector<std::vector<double>> variances_of(const std::vector<TapCovariance>& inputs) {
  std::vector<std::vector<double>> result;
  for (const TapCovariance& input : inputs) {
    const auto taps = static_cast<std::size_t>(input.taps);
    auto& variances = result.emplace_back(taps);
    for (std::size_t tap = 0; tap < taps; ++tap) variances[tap] = double{input.matrix[tap * taps + tap]};
  }
  return result;
}

// Scales tried around the one that just fits: below it the largest weights are clipped; above it, up to
// twice, more channels fit their next shift.
constexpr int kScalesPerOctave = 16;
constexpr int kLowestScale = -12;

// Each channel's own step, smaller than what fits where clipping its largest weights pays.
void search_channel_steps(const ConvOp& op, const std::vector<std::vector<double>>& variances,
                          double smallest, WeightGrid& grid) {
  const std::size_t taps = variances.front().size();
  const std::size_t group_outputs = grid.step.size() / static_cast<std::size_t>(op.groups);
  for (std::size_t channel = 0; channel < grid.step.size(); ++channel) {
    const float* filter = op.weights->data() + channel * taps;
    const double fitting = grid.step[channel];
    double lowest = std::numeric_limits<double>::infinity();
    for (int index = kLowestScale; index <= 0; ++index) {
      const double step = float_scale(fitting * std::exp2(static_cast<double>(index) / kScalesPerOctave));
      const double error = diagonal_error(filter, variances[channel / group_outputs], step, grid);
      if (step < smallest || error >= lowest) continue;
      lowest = error;
      grid.step[channel] = step;
    }
  }
}

}  // namespace

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

WeightGrid weight_grid(const ConvLayer& layer, const std::vector<double>& bias, const ConvWidths& widths,
                       WeightScheme scheme) {
  const auto maxima = channel_maxima(*layer.op);
  const double smallest = smallest_weight_scale(layer, bias, widths);
  WeightGrid grid;
  grid.scheme = scheme;
  grid.high = hw::max_of_bits(widths.weight_bits);
  grid.low = -grid.high;
  const float largest = *std::max_element(maxima.begin(), maxima.end());
  grid.scale = float_scale(std::max(double{largest} / grid.high, smallest));
  grid.channel_shift.assign(maxima.size(), 0);
  grid.step.assign(maxima.size(), grid.scale);
  switch (scheme) {
    case WeightScheme::kShift:
      ShiftChoice(layer, bias, widths).fill(grid, {});
      break;
    case WeightScheme::kAsymmetric: {
      const auto [low, high] = std::minmax_element(layer.op->weights->begin(), layer.op->weights->end());
      const AffineScale scale = affine_scale({double{*low}, double{*high}}, widths.weight_bits,
                                             smallest * (grid.high - grid.low + 1));
      grid.scale = double{scale.scale};
      grid.zero_point = scale.zero_point;
      if (grid.zero_point != 0) grid.low = hw::min_of_bits(widths.weight_bits);
      grid.step.assign(maxima.size(), grid.scale);
      break;
    }
    case WeightScheme::kPerChannel:
      for (std::size_t channel = 0; channel < maxima.size(); ++channel) {
        grid.step[channel] = float_scale(std::max(double{maxima[channel]} / grid.high, smallest));
      }
      break;
  }
  return grid;
}

WeightGrid search_weight_grid(const ConvLayer& layer, const std::vector<double>& bias,
                              const ConvWidths& widths, WeightScheme scheme,
                              const std::vector<TapCovariance>& inputs) {
  WeightGrid grid = weight_grid(layer, bias, widths, scheme);
  if (scheme == WeightScheme::kAsymmetric) return grid;
  const auto variances = variances_of(inputs);
  const double smallest = smallest_weight_scale(layer, bias, widths);
  if (scheme == WeightScheme::kPerChannel) {
    search_channel_steps(*layer.op, variances, smallest, grid);
    return grid;
  }
  ShiftChoice choice(layer, bias, widths);
  WeightGrid best = grid;
  double best_error = std::numeric_limits<double>::infinity();
  for (int index = kLowestScale; index < kScalesPerOctave; ++index) {
    WeightGrid candidate = grid;
    candidate.scale = float_scale(grid.scale * std::exp2(static_cast<double>(index) / kScalesPerOctave));
    if (candidate.scale < smallest) continue;
    const double error = choice.fill(candidate, variances);
    if (error < best_error) {
      best_error = error;
      best = std::move(candidate);
    }
  }
  return best;
}

QuantizedWeights quantize_weights(const ConvOp& op, WeightGrid grid,
                                  const std::vector<TapCovariance>& inputs) {
  const auto& weights = *op.weights;
  const std::size_t taps = weights.size() / grid.step.size();
  QuantizedWeights result{std::move(grid), std::vector<std::int16_t>(weights.size())};
  const WeightGrid& to = result.grid;
  const std::size_t group_outputs = to.step.size() / static_cast<std::size_t>(op.groups);
  std::vector<RoundingBasis> bases(inputs.begin(), inputs.end());
  const WeightLimits limits{to.low - to.zero_point, to.high - to.zero_point};
  for (std::size_t channel = 0; channel < to.step.size(); ++channel) {
    const float* filter = weights.data() + channel * taps;
    std::int16_t* values = result.values.data() + channel * taps;
    if (bases.empty()) {
      round_to_nearest(filter, taps, to.step[channel], to, values);
    } else {
      const auto q = bases[channel / group_outputs].round({filter, taps}, to.step[channel], limits);
      for (std::size_t tap = 0; tap < taps; ++tap) {
        values[tap] = static_cast<std::int16_t>(q[tap] + to.zero_point);
      }
    }
  }
  return result;
}

std::vector<std::int64_t> quantize_bias(const ConvLayer& layer, const std::vector<double>& bias,
                                        const QuantizedWeights& weights) {
  const std::size_t taps = weights.values.size() / bias.size();
  std::vector<std::int64_t> result;
  for (std::size_t channel = 0; channel < bias.size(); ++channel) {
    result.push_back(
        integer_bias(layer, bias[channel], weights.grid.step[channel],
                     sum_of(weights.values.data() + channel * taps, taps, weights.grid.zero_point)));
  }
  return result;
}

}  // namespace npu::compiler
