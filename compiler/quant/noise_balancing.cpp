#include "compiler/quant/noise_balancing.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace npu::compiler {
namespace {

/// One input channel of one filter.
struct Reading {
  std::size_t in = 0;   ///< class of the channel
  std::size_t out = 0;  ///< class of the filter's output
  double largest = 0;   ///< |w|
  double square_sum = 0;
};

/// One convolution.
struct Layer {
  std::vector<std::vector<Reading>> filters;  ///< [out_channel][input channel of the group]
  std::vector<double> input_power;            ///< E[x^2] [input channel]
  std::size_t group_filters = 1;
  double taps = 1;  ///< weights for one input channel of a filter
  double activation_step = 0;
  double output_power = 0;
};

Layer read_layer(const Node& node, const ConvOp& op, const ChannelClasses& classes,
                 const Calibration& calibration, const ChannelPowers& powers,
                 const NoiseBalancingOptions& options) {
  Layer layer;
  const auto& range = calibration.values.at(node.inputs[0]);
  layer.activation_step = (std::max(range.maximum, 0.0F) - std::min(range.minimum, 0.0F)) /
                          (std::exp2(options.activation_bits) - 1);
  layer.input_power = powers.at(node.inputs[0]);
  const auto& outputs = powers.at(node.output);
  layer.output_power = std::accumulate(outputs.begin(), outputs.end(), 0.0);
  const auto area = static_cast<std::size_t>(op.window.kernel_height * op.window.kernel_width);
  const std::size_t group_inputs = layer.input_power.size() / static_cast<std::size_t>(op.groups);
  layer.group_filters = static_cast<std::size_t>(op.out_channels / op.groups);
  layer.taps = static_cast<double>(area);
  const float* weight = op.weights->data();
  for (std::size_t out = 0; out < static_cast<std::size_t>(op.out_channels); ++out) {
    auto& filter = layer.filters.emplace_back();
    for (std::size_t in = 0; in < group_inputs; ++in) {
      const std::size_t channel = out / layer.group_filters * group_inputs + in;
      Reading reading{
          static_cast<std::size_t>(classes.at(node.inputs[0], static_cast<std::int64_t>(channel))),
          static_cast<std::size_t>(classes.at(node.output, static_cast<std::int64_t>(out)))};
      for (std::size_t tap = 0; tap < area; ++tap, ++weight) {
        reading.largest = std::max(reading.largest, std::abs(double{*weight}));
        reading.square_sum += double{*weight} * double{*weight};
      }
      filter.push_back(reading);
    }
  }
  return layer;
}

/// Both kinds of noise of every class at factor 1.
struct Noise {
  std::vector<double> activations;
  std::vector<double> weights;
};

void add_noise(const Layer& layer, const std::vector<double>& factors, double weight_levels, Noise& noise) {
  if (layer.output_power <= 0) return;
  for (std::size_t out = 0; out < layer.filters.size(); ++out) {
    const auto& filter = layer.filters[out];
    double largest = 0;
    for (const auto& reading : filter) largest = std::max(largest, reading.largest / factors[reading.in]);
    const double weight_step = largest / weight_levels;
    const std::size_t first = out / layer.group_filters * filter.size();
    for (std::size_t in = 0; in < filter.size(); ++in) {
      const std::size_t k = filter[in].in;
      noise.activations[k] +=
          layer.activation_step * layer.activation_step * filter[in].square_sum / layer.output_power;
      noise.weights[k] +=
          layer.input_power[first + in] * weight_step * weight_step * layer.taps / layer.output_power;
    }
  }
}

}  // namespace

std::vector<double> noise_balancing_factors(const Graph& canonical, const ChannelClasses& classes,
                                            const Calibration& calibration, const ChannelPowers& powers,
                                            const NoiseBalancingOptions& options) {
  constexpr int kRounds = 10;  // a filter's step depends on the factors of all its inputs
  std::vector<Layer> layers;
  for (const Node& node : canonical.nodes) {
    if (const auto* op = std::get_if<ConvOp>(&node.op)) {
      layers.push_back(read_layer(node, *op, classes, calibration, powers, options));
    }
  }
  const std::vector<double> room = channel_room(canonical, classes, calibration);
  const auto count = static_cast<std::size_t>(classes.count());
  std::vector<double> factors(count, 1.0);
  for (int round = 0; round < kRounds; ++round) {
    Noise noise{std::vector<double>(count, 0.0), std::vector<double>(count, 0.0)};
    for (const Layer& layer : layers)
      add_noise(layer, factors, std::exp2(options.weight_bits - 1) - 1, noise);
    for (std::size_t k = 1; k < count; ++k) {  // 0 is the fixed class
      if (noise.activations[k] <= 0 || noise.weights[k] <= 0) continue;
      const double wanted = std::pow(noise.activations[k] / noise.weights[k], 0.25);
      factors[k] = std::clamp(wanted, 1.0, std::min(room[k], options.largest_factor));
    }
  }
  for (double& factor : factors) factor = std::pow(factor, options.strength);
  return factors;
}

}  // namespace npu::compiler
