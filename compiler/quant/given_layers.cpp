#include "compiler/quant/given_layers.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "compiler/quant/output_scales.h"
#include "compiler/quant/weight_layout.h"
#include "hw/common/error.h"
#include "hw/numerics/rounding.h"

namespace npu::compiler {
namespace {

/// e with scale = largest * 2^-e, or -1.
int power_of_two_below(double largest, double scale) {
  int exponent = 0;
  return std::frexp(largest / scale, &exponent) == 0.5 ? exponent - 1 : -1;
}

double largest_of(const std::vector<double>& scales) {
  return *std::max_element(scales.begin(), scales.end());
}

void require_channels(const ConvLayer& layer, const char* what, std::size_t found, std::size_t channels) {
  if (found != channels) {
    throw GraphError(layer.name,
                     fmt::format("{} {} are given, the layer has {} output channels", found, what, channels));
  }
}

void set_shifts(const ConvLayer& layer, const std::vector<std::uint8_t>& shifts, const ConvWidths& widths,
                WeightGrid& grid) {
  require_channels(layer, "channel shifts", shifts.size(), grid.step.size());
  for (std::size_t channel = 0; channel < shifts.size(); ++channel) {
    if (shifts[channel] > widths.largest_channel_shift) {
      throw GraphError(layer.name, fmt::format("channel {} is given the shift {}, the machine has 0 to {}",
                                               channel, shifts[channel], widths.largest_channel_shift));
    }
    grid.channel_shift[channel] = shifts[channel];
    grid.step[channel] = std::ldexp(grid.scale, -shifts[channel]);
  }
}

/// Real biases of a convolution in integers.
std::vector<double> real_bias(const QConv& conv, double input_scale, std::int32_t input_zero_point,
                              const std::vector<double>& steps) {
  const std::size_t taps = conv.weights.size() / conv.bias.size();
  std::vector<double> bias;
  for (std::size_t channel = 0; channel < conv.bias.size(); ++channel) {
    std::int64_t sum = 0;
    for (std::size_t tap = 0; tap < taps; ++tap) {
      sum += conv.weights[channel * taps + tap] - conv.weight_zero_point;
    }
    bias.push_back(static_cast<double>(conv.bias[channel] + input_zero_point * sum) *
                   (input_scale * steps[channel]));
  }
  return bias;
}

GivenLayer layer_of(const QConv& conv, const QTensor& input, const ConvOp& op, int weight_bits,
                    GivenIntegers wanted) {
  GivenLayer layer;
  std::vector<double> steps;
  if (conv.channel_multiplier.empty()) {
    layer.weight_scale = {double{conv.weight_scale}};
    for (const std::uint8_t shift : conv.channel_shift)
      steps.push_back(std::ldexp(conv.weight_scale, -shift));
    if (conv.weight_zero_point != 0)
      layer.weight_zero_point = conv.weight_zero_point;
    else
      layer.channel_shift = conv.channel_shift;
  } else {
    layer.weight_scale.assign(conv.channel_scale.begin(), conv.channel_scale.end());
    steps = layer.weight_scale;
  }
  layer.bias = real_bias(conv, double{input.scale}, input.zero_point, steps);
  WeightGrid grid;
  grid.zero_point = conv.weight_zero_point;
  grid.step = steps;
  grid.high = hw::max_of_bits(weight_bits);
  grid.low = grid.zero_point != 0 ? hw::min_of_bits(weight_bits) : -grid.high;
  const auto integers = channel_outermost(conv.weights, op);
  if (wanted == GivenIntegers::kAll || quantize_weights(op, grid).values != integers)
    layer.weights = integers;
  return layer;
}

}  // namespace

WeightScheme given_scheme(const GivenLayer* given, WeightScheme fallback, const ConvWidths& widths) {
  if (given == nullptr || (given->weight_scale.empty() && !given->channel_shift)) return fallback;
  if (given->weight_zero_point.value_or(0) != 0) return WeightScheme::kAsymmetric;
  const auto shifted = [&](double scale) {
    const int shift = power_of_two_below(largest_of(given->weight_scale), scale);
    return shift >= 0 && shift <= widths.largest_channel_shift;
  };
  return std::all_of(given->weight_scale.begin(), given->weight_scale.end(), shifted)
             ? WeightScheme::kShift
             : WeightScheme::kPerChannel;
}

std::set<std::string> leaky_layers_apart(const Graph& graph, WeightScheme fallback,
                                         const ConvWidths& widths) {
  std::set<std::string> names;
  for (const Node& node : graph.nodes) {
    const auto* conv = std::get_if<ConvOp>(&node.op);
    if (conv != nullptr && simplified(conv->activation, node.name).kind == Activation::Kind::kLeaky &&
        given_scheme(graph.given.layer(node.name), fallback, widths) == WeightScheme::kPerChannel) {
      names.insert(node.name);
    }
  }
  return names;
}

WeightGrid given_grid(const GivenLayer& given, const ConvLayer& layer, WeightGrid fallback,
                      const ConvWidths& widths) {
  WeightGrid grid = std::move(fallback);
  const std::size_t channels = grid.step.size();
  if (!given.weight_scale.empty()) {
    grid.scale = largest_of(given.weight_scale);
    grid.zero_point = given.weight_zero_point.value_or(0);
    grid.high = hw::max_of_bits(widths.weight_bits);
    grid.low = grid.zero_point != 0 ? hw::min_of_bits(widths.weight_bits) : -grid.high;
    grid.channel_shift.assign(channels, 0);
    grid.step.assign(channels, grid.scale);
  }
  if (given.weight_scale.size() > 1) {
    require_channels(layer, "weight scales", given.weight_scale.size(), channels);
    if (grid.zero_point != 0 || given.channel_shift) {
      throw GraphError(layer.name,
                       "a weight scale for each channel is given together with a zero point or shifts");
    }
    grid.step = given.weight_scale;
    if (grid.scheme == WeightScheme::kShift) {
      for (std::size_t channel = 0; channel < channels; ++channel) {
        grid.channel_shift[channel] =
            static_cast<std::uint8_t>(power_of_two_below(grid.scale, grid.step[channel]));
      }
    }
  }
  if (given.channel_shift) {
    if (grid.zero_point != 0)
      throw GraphError(layer.name, "channel shifts are given together with a zero point");
    set_shifts(layer, *given.channel_shift, widths, grid);
  }
  return grid;
}

ConvWidths given_widths(const GivenLayer* given, const ConvWidths& widths, const std::string& layer) {
  ConvWidths result = widths;
  if (given == nullptr || !given->weight_bits) return result;
  if (*given->weight_bits > widths.weight_bits) {
    throw GraphError(
        layer, fmt::format("is given weights of {} bits, the machine's have {}: the array has one width "
                           "for all layers, fewer bits are kept in it",
                           *given->weight_bits, widths.weight_bits));
  }
  result.weight_bits = *given->weight_bits;
  return result;
}

void check_given_widths(const GivenQuantization& given, const ConvWidths& widths, int activation_bits) {
  const auto check = [&](const char* what, int found, int machine) {
    if (found != 0 && found != machine) {
      throw GraphError(given.source, fmt::format("is quantised for {} of {} bits, the machine's have {}",
                                                 what, found, machine));
    }
  };
  check("weights", given.weight_bits, widths.weight_bits);
  check("activations", given.activation_bits, activation_bits);
}

void drop_common_shift(WeightGrid& grid) {
  const std::uint8_t common = *std::min_element(grid.channel_shift.begin(), grid.channel_shift.end());
  grid.scale = std::ldexp(grid.scale, -common);
  for (std::uint8_t& shift : grid.channel_shift) shift = static_cast<std::uint8_t>(shift - common);
}

GivenQuantization quantization_of(const QuantizedGraph& quantized, const Graph& canonical,
                                  GivenIntegers integers) {
  GivenQuantization result;
  result.source = quantized.name;
  result.weight_bits = quantized.weight_bits;
  result.activation_bits = quantized.activation_bits;
  std::set<std::string> values{canonical.input};
  std::map<std::string, const ConvOp*> layers;
  for (const Node& node : canonical.nodes) {
    values.insert({node.output, node.output + "/sum"});
    if (const auto* op = std::get_if<ConvOp>(&node.op)) layers[node.name] = op;
  }
  for (const QTensor& tensor : quantized.tensors) {
    if (!values.contains(tensor.name)) continue;  // a copy in another tensor's scale
    result.tensors[tensor.name].scale = AffineScale{tensor.scale, tensor.zero_point};
  }
  for (const QNode& node : quantized.nodes) {
    const auto* conv = std::get_if<QConv>(&node.op);
    const auto layer = layers.find(node.name);
    if (conv == nullptr || layer == layers.end()) continue;  // a LeakyReLU's weights are ones
    result.layers[node.name] = layer_of(*conv, quantized.tensors[static_cast<std::size_t>(conv->input)],
                                        *layer->second, quantized.weight_bits, integers);
  }
  return result;
}

}  // namespace npu::compiler
