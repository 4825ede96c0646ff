// Algorithm:
//  1. Values that must share a scale are grouped (scale_groups); given scales, else the union of the members'
//     calibrated ranges, give scale and zero point (tensor_scales).
//  2. The graph is lowered to operations without numbers (lowering).
//  3. Operations are filled in, in order. A convolution gets integer weights with equalising shifts, a
//  corrected
//     bias in accumulator units and an output stage; additions, averages and rescales get multipliers over a
//     shared shift. What is given of a layer (given_layers) replaces what would have been chosen.
//  4. verify_quantized.
#include "compiler/quant/quantizer.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "compiler/quant/conv_quantization.h"
#include "compiler/quant/given_layers.h"
#include "compiler/quant/lowering.h"
#include "compiler/quant/output_scales.h"
#include "compiler/quant/scale_groups.h"
#include "compiler/quant/tensor_scales.h"
#include "compiler/quant/weight_layout.h"
#include "hw/common/error.h"

namespace npu::compiler {
namespace {

class Quantizer {
 public:
  Quantizer(const Graph& graph, const Calibration& calibration, const hw::ArchConfig& arch,
            const QuantizerOptions& options)
      : graph_(graph),
        calibration_(calibration),
        options_(options),
        groups_(find_scale_groups(graph)),
        scales_(graph, groups_, calibration, options.ranges, arch.data.activation_bits),
        stage_widths_{arch.data.activation_bits, arch.compounding.multiplier_bits,
                      (1 << arch.compounding.shift_bits) - 1},
        conv_widths_{std::min(options.weight_bits.value_or(arch.data.weight_bits), arch.data.weight_bits),
                     arch.data.accumulator_bits, arch.compounding.multiplier_bits,
                     (1 << options.shift_bits) - 1} {
    check_given_widths(graph.given, conv_widths_, arch.data.activation_bits);
    lowering_ = lower(graph, groups_, leaky_layers_apart(graph, options.scheme, conv_widths_));
    result_ = lowering_.graph;
    result_.nodes.clear();
    result_.weight_bits = arch.data.weight_bits;
    result_.activation_bits = arch.data.activation_bits;
    result_.accumulator_bits = arch.data.accumulator_bits;
    result_.shift_bits = options.shift_bits;
    result_.rounding = arch.compounding.rounding;
    for (std::size_t id = 0; id < result_.tensors.size(); ++id) {
      const AffineScale scale = scales_.of(result_.tensors[id].name, lowering_.tensors[id]);
      result_.tensors[id].scale = scale.scale;
      result_.tensors[id].zero_point = scale.zero_point;
    }
  }

  QuantizedGraph run() {
    for (std::size_t index = 0; index < lowering_.nodes.size(); ++index) {
      node_ = &graph_.nodes[lowering_.nodes[index].source];
      role_ = lowering_.nodes[index].role;
      QNode lowered = std::move(lowering_.graph.nodes[index]);
      std::visit([&](auto& op) { fill(op); }, lowered.op);
      result_.nodes.push_back(std::move(lowered));
      if (role_ == LoweredRole::kOperator && std::holds_alternative<ConvOp>(node_->op)) match_output_means();
    }
    return std::move(result_);
  }

 private:
  const QTensor& tensor(TensorId id) const { return result_.tensors[static_cast<std::size_t>(id)]; }
  AffineScale scale_of(TensorId id) const { return {tensor(id).scale, tensor(id).zero_point}; }
  const GivenLayer* given_layer() const { return graph_.given.layer(node_->name); }

  void fill(QConv& conv) {
    if (role_ == LoweredRole::kLeaky) return fill_leaky(conv);
    simple_ = std::get<ConvOp>(node_->op);
    simple_.activation = simplified(simple_.activation, node_->name);
    if (tensor(conv.output).name != node_->output) simple_.activation = {};  // LeakyReLU stands apart
    layer_ = {node_->name, &simple_, scale_of(conv.input), scale_of(conv.output)};
    weights_ = quantize_layer(conv);
  }

  std::vector<double> float_bias() const {
    if (given_layer() != nullptr && given_layer()->bias) return *given_layer()->bias;
    std::vector<double> bias(simple_.bias->begin(), simple_.bias->end());
    bias.resize(static_cast<std::size_t>(simple_.out_channels), 0.0);
    return bias;
  }

  // Weights, biases and output stage of a convolution whose tensors and window stand.
  QuantizedWeights quantize_layer(QConv& conv) {
    const ConvOp& op = simple_;
    const GivenLayer* given = given_layer();
    const ConvWidths widths = given_widths(given, conv_widths_, node_->name);
    const WeightScheme scheme = given_scheme(given, options_.scheme, widths);
    std::vector<double> bias = float_bias();
    std::vector<TapCovariance> covariances;
    if (options_.optimise_rounding || options_.search_scales) {
      covariances = options_.layer_inputs->covariances(op, result_, conv.input);
    }
    WeightGrid grid = options_.search_scales ? search_weight_grid(layer_, bias, widths, scheme, covariances)
                                             : weight_grid(layer_, bias, widths, scheme);
    if (given != nullptr) grid = given_grid(*given, layer_, std::move(grid), widths);
    if (scheme == WeightScheme::kShift) drop_common_shift(grid);
    if (!options_.optimise_rounding) covariances.clear();
    QuantizedWeights weights;
    if (given != nullptr && !given->weights.empty()) {
      weights = {std::move(grid), given->weights};
    } else {
      weights = quantize_weights(op, std::move(grid), covariances);
    }
    const bool correct = options_.bias_correction.value_or(options_.shift_bits > 0);
    if (correct && (given == nullptr || !given->bias)) {
      const auto correction = bias_correction(op, tensor(conv.input).shape, weights, input_means(conv.input));
      for (std::size_t channel = 0; channel < bias.size(); ++channel) bias[channel] += correction[channel];
    }
    conv.bias = quantize_bias(layer_, bias, weights);
    conv.weights = channel_innermost(weights.values, op);
    conv.weight_zero_point = weights.grid.zero_point;
    conv.weight_scale = static_cast<float>(weights.grid.scale);
    conv.channel_shift = weights.grid.channel_shift;
    if (scheme == WeightScheme::kPerChannel) {
      set_channel_stages(weights.grid, conv);
      return weights;
    }
    conv.stage = scaling_stage(layer_.input.scale * weights.grid.scale / layer_.output.scale, op.activation,
                               layer_.output, stage_widths_, node_->name);
    return weights;
  }

  // Errors of a sum do not leave a ReLU as they entered it: one Newton step on the bias of the layer just
  // emitted brings the mean of each output channel, which is what the next layers read, to that of the float
  // network.
  void match_output_means() {
    constexpr float kSmallestSlope = 0.02F;  // a channel that hardly ever moves says nothing of its bias
    auto& conv = std::get<QConv>(result_.nodes.back().op);
    const bool apart = tensor(conv.output).name != node_->output;
    // A range chosen to clip has other means than float by intention.
    const bool clipped = options_.ranges.contains(node_->output);
    const bool given = given_layer() != nullptr && given_layer()->bias;
    if (!options_.match_outputs || apart || clipped || given) return;
    const Activation& activation = simple_.activation;
    const double leaky = activation.kind == Activation::Kind::kLeaky ? double{activation.alpha} : 0.0;
    const OutputMeans means = options_.layer_inputs->output_means(node_->output, result_, leaky);
    for (std::size_t channel = 0; channel < conv.bias.size(); ++channel) {
      if (means.slope[channel] < kSmallestSlope) continue;
      const double change = double{means.real[channel]} - double{means.quantised[channel]};
      conv.bias[channel] +=
          static_cast<std::int64_t>(std::round(change / double{means.slope[channel]} /
                                               (double{layer_.input.scale} * weights_.grid.step[channel])));
    }
  }

  // A multiplier and a shift for each channel; the smallest shift becomes the layer's n.
  void set_channel_stages(const WeightGrid& grid, QConv& conv) const {
    conv.stage = clamp_stage(simple_.activation, layer_.output, stage_widths_);
    std::vector<int> shifts;
    for (const double step : grid.step) {
      const auto scale = hw::fixed_point_scale(layer_.input.scale * step / layer_.output.scale,
                                               stage_widths_.multiplier_bits, 0, node_->name.c_str());
      conv.channel_multiplier.push_back(scale.multiplier);
      conv.channel_scale.push_back(static_cast<float>(step));
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
    const auto statistics = calibration_.values.find(value);
    if (statistics == calibration_.values.end()) {
      throw GraphError(value, "has no calibration statistics, which bias correction needs");
    }
    if (options_.layer_inputs != nullptr && !options_.means_from_calibration)
      return options_.layer_inputs->means(value, result_, id);
    const auto& mean = statistics->second.channel_mean;
    if (static_cast<std::int64_t>(mean.size()) != tensor(id).shape.channels) {
      throw GraphError(value, fmt::format("has {} calibrated channel means, expected {}", mean.size(),
                                          tensor(id).shape.channels));
    }
    return {mean, mean};
  }

  void fill(QRescale& op) {
    const auto* own = std::get_if<ActivationOp>(&node_->op);
    const Activation activation = own == nullptr ? Activation{} : simplified(own->activation, node_->name);
    op.stage = clamp_stage(activation, scale_of(op.output), stage_widths_);
    const auto shared = shared_shift({double{tensor(op.input).scale} / tensor(op.output).scale},
                                     stage_widths_.multiplier_bits, node_->name);
    op.operand = {tensor(op.input).zero_point, shared.multipliers[0]};
    op.stage.shift = shared.shift;
  }

  // x * 1 in a depthwise 1x1 convolution, whose output stage has a multiplier for each sign.
  void fill_leaky(QConv& conv) {
    Activation activation;
    if (const auto* layer = std::get_if<ConvOp>(&node_->op)) activation = layer->activation;
    if (const auto* add = std::get_if<AddOp>(&node_->op)) activation = add->activation;
    if (const auto* own = std::get_if<ActivationOp>(&node_->op)) activation = own->activation;
    const auto channels = static_cast<std::size_t>(tensor(conv.input).shape.channels);
    conv.weights.assign(channels, 1);
    conv.bias.assign(channels, -std::int64_t{tensor(conv.input).zero_point});
    conv.channel_shift.assign(channels, 0);
    conv.stage =
        scaling_stage(double{tensor(conv.input).scale} / tensor(conv.output).scale,
                      simplified(activation, node_->name), scale_of(conv.output), stage_widths_, node_->name);
  }

  void fill(QAdd& add) {
    const Activation activation = simplified(std::get<AddOp>(node_->op).activation, node_->name);
    const bool leaky = activation.kind == Activation::Kind::kLeaky;
    add.stage = clamp_stage(leaky ? Activation{} : activation, scale_of(add.output), stage_widths_);
    const double unit = tensor(add.output).scale;
    const auto shared = shared_shift({tensor(add.a).scale / unit, tensor(add.b).scale / unit},
                                     stage_widths_.multiplier_bits, node_->name);
    add.a_operand = {tensor(add.a).zero_point, shared.multipliers[0]};
    add.b_operand = {tensor(add.b).zero_point, shared.multipliers[1]};
    add.stage.shift = shared.shift;
  }

  void fill(QConcat&) {}
  void fill(QMaxPool&) {}

  void fill(QAveragePool& pool) {
    std::map<std::int64_t, std::int64_t> divisors;  // real pixels in a window -> divisor
    if (const auto* op = std::get_if<AveragePoolOp>(&node_->op)) {
      divisors = average_divisors(*op, tensor(pool.input).shape, node_->name);
    } else {
      const std::int64_t area = pool.window.kernel_height * pool.window.kernel_width;
      divisors[area] = area;
    }
    pool.stage = clamp_stage({}, scale_of(pool.output), stage_widths_);
    std::vector<double> factors;
    for (const auto& [count, divisor] : divisors) {
      factors.push_back(double{tensor(pool.input).scale} / tensor(pool.output).scale /
                        static_cast<double>(divisor));
    }
    const auto shared = shared_shift(factors, stage_widths_.multiplier_bits, node_->name);
    pool.stage.multiplier = shared.multipliers.back();  // of the fullest window
    pool.stage.shift = shared.shift;
    if (pool.multiplier_by_count.empty()) return;
    std::fill(pool.multiplier_by_count.begin(), pool.multiplier_by_count.end(), pool.stage.multiplier);
    std::size_t i = 0;
    for (const auto& [count, divisor] : divisors) {
      pool.multiplier_by_count[static_cast<std::size_t>(count)] = shared.multipliers[i++];
    }
  }

  const Graph& graph_;
  const Calibration& calibration_;
  const QuantizerOptions& options_;
  ScaleGroups groups_;
  TensorScales scales_;
  StageWidths stage_widths_;
  ConvWidths conv_widths_;
  Lowering lowering_;
  QuantizedGraph result_;
  // The layer at hand.
  const Node* node_ = nullptr;
  LoweredRole role_ = LoweredRole::kOperator;
  ConvOp simple_;  ///< of a convolution, its activation simplified
  ConvLayer layer_;
  QuantizedWeights weights_;
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
