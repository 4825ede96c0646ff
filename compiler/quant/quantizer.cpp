// Algorithm:
//  1. Values that must share a scale are grouped (scale_groups); each group's range is the union of its
//  members'
//     calibrated ranges and gives scale and zero point (activation_range).
//  2. Nodes are lowered in order. A convolution gets integer weights with equalising shifts, a corrected bias
//  in
//     accumulator units and an output stage; additions, averages and rescales get multipliers over a shared
//     shift.
//  3. Activations that no operator could take become a rescale, or, where leaky, a 1x1 depthwise convolution
//  of ones:
//     only a convolution's output stage has a second multiplier. Concatenated values that cannot have the
//     common scale are copied by a rescale.
//  4. verify_quantized.
#include "compiler/quant/quantizer.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "compiler/quant/conv_quantization.h"
#include "compiler/quant/output_scales.h"
#include "compiler/quant/scale_groups.h"
#include "compiler/quant/window_geometry.h"
#include "hw/common/error.h"

namespace npu::compiler {
namespace {

/// A range narrower than this part of the widest one in the network is stretched to it (constant
/// activations).
constexpr double kSmallestRelativeWidth = 0x1p-16;

std::map<std::string, Range> group_ranges(const ScaleGroups& groups, const Calibration& calibration,
                                          const std::map<std::string, Range>& chosen) {
  std::map<std::string, Range> ranges;
  for (const auto& [value, leader] : groups.leader) {
    const auto statistics = calibration.values.find(value);
    if (statistics == calibration.values.end()) throw GraphError(value, "has no calibration statistics");
    const auto choice = chosen.find(value);
    ranges[leader].include(choice != chosen.end()
                               ? choice->second
                               : Range{statistics->second.minimum, statistics->second.maximum});
  }
  return ranges;
}

class Quantizer {
 public:
  Quantizer(const Graph& graph, const Calibration& calibration, const hw::ArchConfig& arch,
            const QuantizerOptions& options)
      : graph_(graph),
        calibration_(calibration),
        options_(options),
        shapes_(infer_shapes(graph)),
        groups_(find_scale_groups(graph)),
        ranges_(group_ranges(groups_, calibration, options.ranges)),
        stage_widths_{arch.data.activation_bits, arch.compounding.multiplier_bits},
        conv_widths_{std::min(options.weight_bits.value_or(arch.data.weight_bits), arch.data.weight_bits),
                     arch.data.accumulator_bits, arch.compounding.multiplier_bits,
                     (1 << options.shift_bits) - 1} {
    double widest = 0;
    for (const auto& [leader, range] : ranges_) widest = std::max(widest, range.width());
    smallest_width_ = widest > 0 ? widest * kSmallestRelativeWidth : 1.0;
    result_.name = graph.name;
    result_.ends_in_softmax = graph.ends_in_softmax;
    result_.weight_bits = arch.data.weight_bits;
    result_.activation_bits = arch.data.activation_bits;
    result_.accumulator_bits = arch.data.accumulator_bits;
    result_.shift_bits = options.shift_bits;
    result_.rounding = arch.compounding.rounding;
  }

  QuantizedGraph run() {
    result_.input = ids_[graph_.input] =
        add_tensor(graph_.input, shapes_.at(graph_.input), scale_of(graph_.input));
    for (const Node& node : graph_.nodes) {
      node_ = &node;
      std::visit([this](const auto& op) { lower(op); }, node.op);
    }
    result_.output = ids_.at(graph_.output);
    return std::move(result_);
  }

 private:
  AffineScale scale_of(const std::string& value) const {
    return affine_scale(ranges_.at(groups_.leader.at(value)), stage_widths_.activation_bits, smallest_width_);
  }
  AffineScale scale_of(TensorId id) const { return {tensor(id).scale, tensor(id).zero_point}; }
  const QTensor& tensor(TensorId id) const { return result_.tensors[static_cast<std::size_t>(id)]; }
  TensorId input(std::size_t i = 0) const { return ids_.at(node_->inputs[i]); }

  TensorId add_tensor(const std::string& name, const MapShape& shape, const AffineScale& scale) {
    result_.tensors.push_back({name, shape, scale.scale, scale.zero_point});
    return static_cast<TensorId>(result_.tensors.size()) - 1;
  }
  TensorId add_output() {
    const std::string& value = node_->output;
    return ids_[value] = add_tensor(value, shapes_.at(value), scale_of(value));
  }
  void emit(QOperator op, const std::string& suffix = "") {
    result_.nodes.push_back({node_->name + suffix, std::move(op)});
  }

  void lower(const ConvOp& op) {
    ConvOp simple = op;
    simple.activation = simplified(op.activation, node_->name);
    // A multiplier for each channel leaves no room for a second one below zero: LeakyReLU becomes a layer.
    const bool apart =
        simple.activation.kind == Activation::Kind::kLeaky && options_.scheme == WeightScheme::kPerChannel;
    const Activation activation = simple.activation;
    if (apart) simple.activation = {};
    const TensorId source = input();
    const TensorId output = add_output();
    const TensorId sum = apart ? add_sum_before_leaky(output, activation) : output;
    QConv conv;
    conv.input = source;
    conv.output = sum;
    conv.window = op.window;
    conv.groups = op.groups;
    conv.parameters = node_parameters(*node_);
    const ConvLayer layer{node_->name, &simple, scale_of(source), scale_of(sum)};
    const QuantizedWeights weights = quantize_layer(layer, conv);
    emit(std::move(conv));
    // A range chosen to clip has other means than float by intention.
    const bool clipped = options_.ranges.contains(node_->output);
    if (options_.match_outputs && !apart && !clipped) match_output_means(layer, weights);
    if (apart) emit_leaky(sum, output, activation, "/leaky");
  }

  // Weights, biases and output stage of a convolution whose tensors and window stand.
  QuantizedWeights quantize_layer(const ConvLayer& layer, QConv& conv) {
    const ConvOp& op = *layer.op;
    std::vector<double> bias(op.bias->begin(), op.bias->end());
    bias.resize(static_cast<std::size_t>(op.out_channels), 0.0);
    std::vector<TapCovariance> covariances;
    if (options_.optimise_rounding || options_.search_scales) {
      covariances = options_.layer_inputs->covariances(op, result_, conv.input);
    }
    WeightGrid grid = options_.search_scales
                          ? search_weight_grid(layer, bias, conv_widths_, options_.scheme, covariances)
                          : weight_grid(layer, bias, conv_widths_, options_.scheme);
    if (!options_.optimise_rounding) covariances.clear();
    const QuantizedWeights weights = quantize_weights(op, std::move(grid), covariances);
    if (options_.bias_correction.value_or(options_.shift_bits > 0)) {
      const auto correction = bias_correction(op, tensor(conv.input).shape, weights, input_means(conv.input));
      for (std::size_t channel = 0; channel < bias.size(); ++channel) bias[channel] += correction[channel];
    }
    conv.bias = quantize_bias(layer, bias, weights);
    conv.weights = channel_innermost(weights.values, op);
    conv.weight_zero_point = weights.grid.zero_point;
    conv.weight_scale = static_cast<float>(weights.grid.scale);
    conv.channel_shift = weights.grid.channel_shift;
    if (options_.scheme == WeightScheme::kPerChannel) {
      set_channel_stages(layer, weights.grid, conv);
      return weights;
    }
    const int largest_shift = *std::max_element(conv.channel_shift.begin(), conv.channel_shift.end());
    conv.stage = scaling_stage(layer.input.scale * weights.grid.scale / layer.output.scale, op.activation,
                               layer.output, stage_widths_, largest_shift, node_->name);
    return weights;
  }

  // Errors of a sum do not leave a ReLU as they entered it: one Newton step on the bias of the layer just
  // emitted brings the mean of each output channel, which is what the next layers read, to that of the float
  // network.
  void match_output_means(const ConvLayer& layer, const QuantizedWeights& weights) {
    constexpr float kSmallestSlope = 0.02F;  // a channel that hardly ever moves says nothing of its bias
    const Activation& activation = layer.op->activation;
    const double leaky = activation.kind == Activation::Kind::kLeaky ? double{activation.alpha} : 0.0;
    const OutputMeans means = options_.layer_inputs->output_means(node_->output, result_, leaky);
    auto& conv = std::get<QConv>(result_.nodes.back().op);
    for (std::size_t channel = 0; channel < conv.bias.size(); ++channel) {
      if (means.slope[channel] < kSmallestSlope) continue;
      const double change = double{means.real[channel]} - double{means.quantised[channel]};
      conv.bias[channel] += static_cast<std::int64_t>(std::round(
          change / double{means.slope[channel]} / (double{layer.input.scale} * weights.grid.step[channel])));
    }
  }

  // A multiplier and a shift for each channel; the smallest shift becomes the layer's n.
  void set_channel_stages(const ConvLayer& layer, const WeightGrid& grid, QConv& conv) const {
    conv.stage = clamp_stage(layer.op->activation, layer.output, stage_widths_);
    std::vector<int> shifts;
    for (const double step : grid.step) {
      const auto scale = hw::fixed_point_scale(layer.input.scale * step / layer.output.scale,
                                               stage_widths_.multiplier_bits, 0, node_->name.c_str());
      conv.channel_multiplier.push_back(scale.multiplier);
      shifts.push_back(scale.shift);
    }
    conv.stage.multiplier = conv.channel_multiplier.front();
    conv.stage.shift = *std::min_element(shifts.begin(), shifts.end());
    for (std::size_t channel = 0; channel < shifts.size(); ++channel) {
      conv.channel_shift[channel] = static_cast<std::uint8_t>(shifts[channel] - conv.stage.shift);
    }
  }

  InputMeans input_means(TensorId id) const {
    const std::string& value = node_->inputs[0];
    if (options_.layer_inputs != nullptr && !options_.means_from_calibration)
      return options_.layer_inputs->means(value, result_, id);
    const auto& mean = calibration_.values.at(value).channel_mean;
    if (static_cast<std::int64_t>(mean.size()) != tensor(id).shape.channels) {
      throw GraphError(value, fmt::format("has {} calibrated channel means, expected {}", mean.size(),
                                          tensor(id).shape.channels));
    }
    return {mean, mean};
  }

  // [out][in][kernel_h][kernel_w] to [out][kernel_h][kernel_w][in].
  std::vector<std::int16_t> channel_innermost(const std::vector<std::int16_t>& values,
                                              const ConvOp& op) const {
    const auto area = static_cast<std::size_t>(op.window.kernel_height * op.window.kernel_width);
    const auto outputs = static_cast<std::size_t>(op.out_channels);
    const std::size_t inputs = values.size() / outputs / area;
    std::vector<std::int16_t> result(values.size());
    for (std::size_t out = 0; out < outputs; ++out) {
      for (std::size_t in = 0; in < inputs; ++in) {
        for (std::size_t tap = 0; tap < area; ++tap) {
          result[(out * area + tap) * inputs + in] = values[(out * inputs + in) * area + tap];
        }
      }
    }
    return result;
  }

  void lower(const ActivationOp& op) {
    const Activation activation = simplified(op.activation, node_->name);
    if (activation.kind == Activation::Kind::kLeaky) {
      const TensorId source = input();
      emit_leaky(source, add_output(), activation);
    } else {
      const TensorId source = input();
      emit(rescale(source, add_output(), activation));
    }
  }

  QRescale rescale(TensorId from, TensorId to, const Activation& activation) const {
    QRescale op{from, to, {}, clamp_stage(activation, scale_of(to), stage_widths_)};
    const auto shared = shared_shift({double{tensor(from).scale} / tensor(to).scale},
                                     stage_widths_.multiplier_bits, node_->name);
    op.operand = {tensor(from).zero_point, shared.multipliers[0]};
    op.stage.shift = shared.shift;
    return op;
  }

  // x * 1 in a depthwise 1x1 convolution, whose output stage has a multiplier for each sign.
  void emit_leaky(TensorId from, TensorId to, const Activation& activation, const std::string& suffix = "") {
    const auto channels = static_cast<std::size_t>(tensor(from).shape.channels);
    QConv conv;
    conv.input = from;
    conv.output = to;
    conv.groups = tensor(from).shape.channels;
    conv.weights.assign(channels, 1);
    conv.bias.assign(channels, -std::int64_t{tensor(from).zero_point});
    conv.channel_shift.assign(channels, 0);
    conv.stage = scaling_stage(double{tensor(from).scale} / tensor(to).scale, activation, scale_of(to),
                               stage_widths_, 0, node_->name);
    emit(std::move(conv), suffix);
  }

  void lower(const AddOp& op) {
    const Activation activation = simplified(op.activation, node_->name);
    const bool leaky = activation.kind == Activation::Kind::kLeaky;
    const TensorId a = input(0);
    const TensorId b = input(1);
    const TensorId output = add_output();
    const TensorId sum = leaky ? add_sum_before_leaky(output, activation) : output;
    QAdd add{a, b, sum, {}, {}, clamp_stage(leaky ? Activation{} : activation, scale_of(sum), stage_widths_)};
    const double unit = tensor(sum).scale;
    const auto shared = shared_shift({tensor(a).scale / unit, tensor(b).scale / unit},
                                     stage_widths_.multiplier_bits, node_->name);
    add.a_operand = {tensor(a).zero_point, shared.multipliers[0]};
    add.b_operand = {tensor(b).zero_point, shared.multipliers[1]};
    add.stage.shift = shared.shift;
    emit(std::move(add));
    if (leaky) emit_leaky(sum, output, activation, "/leaky");
  }

  // The sum's range follows from its activation's: negative values were multiplied by alpha.
  TensorId add_sum_before_leaky(TensorId output, const Activation& activation) {
    Range range = ranges_.at(groups_.leader.at(node_->output));
    range.low /= activation.alpha;
    return add_tensor(node_->output + "/sum", tensor(output).shape,
                      affine_scale(range, stage_widths_.activation_bits, smallest_width_));
  }

  void lower(const ConcatOp&) {
    QConcat concat;
    const MapShape& shape = shapes_.at(node_->output);
    for (std::size_t i = 0; i < node_->inputs.size(); ++i) {
      TensorId id = input(i);
      if (groups_.copies.contains({node_->name, i})) {
        const std::string suffix = fmt::format("/copy{}", i);
        const MapShape copy_shape{tensor(id).shape.channels, shape.height, shape.width};
        const TensorId copy = add_tensor(node_->output + suffix, copy_shape, scale_of(node_->output));
        emit(rescale(id, copy, {}), suffix);
        id = copy;
      }
      concat.inputs.push_back(id);
    }
    concat.output = add_output();
    emit(std::move(concat));
  }

  void lower(const MaxPoolOp& op) {
    const TensorId source = input();
    emit(QMaxPool{source, add_output(), with_explicit_pads(op.window, tensor(source).shape)});
  }

  void lower(const AveragePoolOp& op) {
    const MapShape& shape = tensor(input()).shape;
    std::map<std::int64_t, std::int64_t> divisors;  // real pixels in a window -> divisor
    if (op.count_include_pad) {
      divisors = padded_divisors(op.window, shape);
      if (divisors.empty()) {
        throw GraphError(
            node_->name,
            "average pool: windows with equally many real pixels have different divisors, the machine "
            "chooses the multiplier by the number of real pixels");
      }
    } else {
      for (const std::int64_t count : window_counts(op.window, shape)) divisors[count] = count;
    }
    emit_average(with_explicit_pads(op.window, shape), divisors);
  }

  void lower(const GlobalAveragePoolOp&) {
    Window window;
    window.kernel_height = tensor(input()).shape.height;
    window.kernel_width = tensor(input()).shape.width;
    const std::int64_t area = window.kernel_height * window.kernel_width;
    emit_average(window, {{area, area}});
  }

  void emit_average(const Window& window, const std::map<std::int64_t, std::int64_t>& divisors) {
    QAveragePool pool;
    pool.input = input();
    pool.output = add_output();
    pool.window = window;
    pool.stage = clamp_stage({}, scale_of(pool.output), stage_widths_);
    std::vector<double> factors;
    for (const auto& [count, divisor] : divisors) {
      factors.push_back(double{tensor(pool.input).scale} / tensor(pool.output).scale /
                        static_cast<double>(divisor));
    }
    const auto shared = shared_shift(factors, stage_widths_.multiplier_bits, node_->name);
    pool.stage.multiplier = shared.multipliers.back();  // of the fullest window
    pool.stage.shift = shared.shift;
    const bool uniform =
        std::all_of(factors.begin(), factors.end(), [&](double f) { return f == factors.front(); });
    if (!uniform) {
      const auto area = static_cast<std::size_t>(window.kernel_height * window.kernel_width);
      pool.multiplier_by_count.assign(area + 1, pool.stage.multiplier);
      std::size_t i = 0;
      for (const auto& [count, divisor] : divisors) {
        pool.multiplier_by_count[static_cast<std::size_t>(count)] = shared.multipliers[i++];
      }
    }
    emit(std::move(pool));
  }

  // Nothing to compute: the same elements under another name.
  void alias() { ids_[node_->output] = input(); }
  void lower(const IdentityOp&) { alias(); }
  void lower(const FlattenOp&) {
    const MapShape& shape = tensor(input()).shape;
    if (shape.height != 1 || shape.width != 1) {
      throw GraphError(node_->name,
                       fmt::format("flatten of a {} x {} map, expected 1 x 1 (a canonical graph)",
                                   shape.height, shape.width));
    }
    alias();
  }
  template <class Other>
  void lower(const Other&) {
    throw GraphError(node_->name, fmt::format("{} cannot be quantised, expected a canonical graph",
                                              operator_name(node_->op)));
  }

  const Graph& graph_;
  const Calibration& calibration_;
  const QuantizerOptions& options_;
  ShapeMap shapes_;
  ScaleGroups groups_;
  std::map<std::string, Range> ranges_;
  StageWidths stage_widths_;
  ConvWidths conv_widths_;
  double smallest_width_ = 0;
  QuantizedGraph result_;
  std::map<std::string, TensorId> ids_;
  const Node* node_ = nullptr;
};

}  // namespace

QuantizedGraph quantize(const Graph& canonical, const Calibration& calibration, const hw::ArchConfig& arch,
                        const QuantizerOptions& options) {
  if (options.shift_bits < 0 || options.shift_bits > arch.compounding.shift_bits) {
    throw GraphError(canonical.name, fmt::format("shift_bits is {}, the machine '{}' has 0 to {}",
                                                 options.shift_bits, arch.name, arch.compounding.shift_bits));
  }
  QuantizedGraph graph = Quantizer(canonical, calibration, arch, options).run();
  verify_quantized(graph);
  return graph;
}

}  // namespace npu::compiler
