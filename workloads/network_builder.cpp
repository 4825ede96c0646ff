#include "workloads/network_builder.h"

#include <cmath>
#include <limits>

#include "hw/common/error.h"
#include "workloads/settle_statistics.h"
#include "workloads/weight_random.h"

namespace npu::workloads {
namespace {

using compiler::FloatArray;
using compiler::MapShape;
using compiler::Window;

// Spread of the channels of one layer, in octaves (see WeightRandom::octave_factor). What a network computes
// does not depend on the spread of weights in front of a batch norm; the spread of the batch norm's scale
// survives folding. Depthwise layers of trained MobileNets spread far wider than others.
constexpr int kWeightOctaves = 3;
constexpr int kScaleOctaves = 3;
constexpr int kDenseOctaves = 1;  ///< of classifiers and hidden fully connected layers
constexpr int kDepthwiseScaleOctaves = 6;
constexpr float kScaleBase =
    1.25F;  // keeps the layer's root mean square near 1 in spite of the small channels

// Batch-norm bias in deviations of the channel, mean and spread. With mean 0 half of every map would be cut
// off, and a deep random network then amplifies any difference (rounding, for one) by about 1.5 in power in
// each layer, until its output is chaos. With mean 1 the growth is about 1.1: what survives 100 layers is the
// input, as in trained networks.
constexpr float kNormBiasMean = 1.0F;
constexpr float kNormBiasSpread = 0.5F;
constexpr float kNormEpsilon = 1e-5F;

/// He-like normal weights [out_channel][fan_in]; each output channel with a factor of its own.
FloatArray random_weights(WeightRandom& random, std::int64_t out_channels, std::int64_t fan_in, int octaves) {
  const float deviation = std::sqrt(2.0F / static_cast<float>(fan_in));
  std::vector<float> weights;
  weights.reserve(static_cast<std::size_t>(out_channels * fan_in));
  for (std::int64_t out_channel = 0; out_channel < out_channels; ++out_channel) {
    const float scale = deviation * random.octave_factor(octaves);
    for (std::int64_t index = 0; index < fan_in; ++index) {
      weights.push_back(scale * random.normal());
    }
  }
  return compiler::make_array(std::move(weights));
}

FloatArray filled(std::int64_t count, float value) {
  return compiler::make_array(std::vector<float>(static_cast<std::size_t>(count), value));
}

void draw_norm(WeightRandom& random, int octaves, compiler::BatchNormOp& norm) {
  std::vector<float> scale(norm.scale->size());
  std::vector<float> bias(norm.scale->size());
  for (std::size_t channel = 0; channel < scale.size(); ++channel) {
    scale[channel] = kScaleBase * random.octave_factor(octaves);
    bias[channel] = scale[channel] * (kNormBiasMean + kNormBiasSpread * random.normal());
  }
  norm.scale = compiler::make_array(std::move(scale));
  norm.bias = compiler::make_array(std::move(bias));
}

/// Weights and bias of the convolution that computes both.
compiler::ConvOp absorb(compiler::ConvOp conv, const compiler::BatchNormOp& norm) {
  std::vector<float> weights = *conv.weights;
  std::vector<float> bias;
  const std::size_t per_channel = weights.size() / norm.scale->size();
  for (std::size_t channel = 0; channel < norm.scale->size(); ++channel) {
    const float factor = (*norm.scale)[channel] / std::sqrt((*norm.variance)[channel] + norm.epsilon);
    for (std::size_t index = channel * per_channel; index < (channel + 1) * per_channel; ++index) {
      weights[index] *= factor;
    }
    bias.push_back((*norm.bias)[channel] - factor * (*norm.mean)[channel]);
  }
  conv.weights = compiler::make_array(std::move(weights));
  conv.bias = compiler::make_array(std::move(bias));
  return conv;
}

/// Each batch norm, which stands right behind its convolution, was a means to settle it: the network has
/// none.
void absorb_norms(compiler::Graph& graph) {
  std::vector<compiler::Node> nodes;
  for (compiler::Node& node : graph.nodes) {
    if (const auto* norm = std::get_if<compiler::BatchNormOp>(&node.op)) {
      nodes.back().op = absorb(std::get<compiler::ConvOp>(nodes.back().op), *norm);
      nodes.back().output = node.output;
    } else {
      nodes.push_back(std::move(node));
    }
  }
  graph.nodes = std::move(nodes);
}

MapShape slide(const MapShape& in, const Window& window, std::int64_t channels) {
  return {channels,
          compiler::window_output(in.height, window.kernel_height, window.stride_height, window.pad_top,
                                  window.pad_bottom, window.ceil_mode),
          compiler::window_output(in.width, window.kernel_width, window.stride_width, window.pad_left,
                                  window.pad_right, window.ceil_mode)};
}

}  // namespace

Window square_window(std::int64_t kernel, std::int64_t stride, std::int64_t pad) {
  return {kernel, kernel, stride, stride, pad, pad, pad, pad, false};
}

NetworkBuilder::NetworkBuilder(const BuildOptions& options, const MapShape& input) : options_(options) {
  graph_.name = options.name;
  graph_.input = "input";
  graph_.input_shape = input;
}

Value NetworkBuilder::append(const std::string& name, compiler::Operator op, const std::vector<Value>& inputs,
                             const MapShape& shape, const std::string& output) {
  compiler::Node node;
  node.name = name;
  node.output = output.empty() ? name : output;
  node.op = std::move(op);
  for (const Value& input : inputs) {
    node.inputs.push_back(input.name);
  }
  graph_.nodes.push_back(std::move(node));
  return {graph_.nodes.back().output, shape};
}

NetworkBuilder::ConvPair NetworkBuilder::make_conv(const ConvLayer& layer, const Value& in) const {
  NPU_CHECK(in.shape.channels % layer.groups == 0 && layer.out_channels % layer.groups == 0,
            "groups must divide the channels");
  const std::int64_t fan_in =
      in.shape.channels / layer.groups * layer.window.kernel_height * layer.window.kernel_width;
  ConvPair pair;
  pair.conv.window = layer.window;
  pair.conv.groups = layer.groups;
  pair.conv.out_channels = layer.out_channels;
  pair.norm.scale = filled(layer.out_channels, 0.0F);
  pair.norm.bias = filled(layer.out_channels, 0.0F);
  pair.norm.mean = filled(layer.out_channels, 0.0F);
  pair.norm.variance = filled(layer.out_channels, 1.0F);
  pair.norm.epsilon = kNormEpsilon;
  if (!options_.weights) {
    pair.conv.weights = filled(layer.out_channels * fan_in, 0.0F);
    return pair;
  }
  WeightRandom random(options_.seed, layer.name);
  const bool depthwise = layer.groups > 1 && layer.groups == in.shape.channels;
  pair.conv.weights = random_weights(random, layer.out_channels, fan_in, kWeightOctaves);
  draw_norm(random, depthwise ? kDepthwiseScaleOctaves : kScaleOctaves, pair.norm);
  return pair;
}

Value NetworkBuilder::conv_norm(const ConvLayer& layer, const Value& in) {
  ConvPair pair = make_conv(layer, in);
  const Value raw =
      append(layer.name, std::move(pair.conv), {in}, slide(in.shape, layer.window, layer.out_channels));
  return append(layer.name + ".bn", std::move(pair.norm), {raw}, raw.shape);
}

Value NetworkBuilder::conv_bias(const ConvLayer& layer, const Value& in) {
  absorb_norms_ = true;
  ConvPair pair = make_conv(layer, in);
  const Value raw = append(layer.name, std::move(pair.conv), {in},
                           slide(in.shape, layer.window, layer.out_channels), layer.name + ".raw");
  return append(layer.name + ".bn", std::move(pair.norm), {raw}, raw.shape, layer.name);
}

Value NetworkBuilder::clamp(const Value& in, float high, const char* suffix) {
  const compiler::Activation activation{compiler::Activation::Kind::kClamp, 0.0F, high, 0.0F};
  return append(in.name + suffix, compiler::ActivationOp{activation}, {in}, in.shape);
}

Value NetworkBuilder::relu(const Value& in) {
  return clamp(in, std::numeric_limits<float>::infinity(), ".relu");
}

Value NetworkBuilder::relu6(const Value& in) { return clamp(in, 6.0F, ".relu6"); }

Value NetworkBuilder::leaky_relu(const Value& in, float alpha) {
  const compiler::Activation activation{compiler::Activation::Kind::kLeaky, 0.0F, 0.0F, alpha};
  return append(in.name + ".leaky", compiler::ActivationOp{activation}, {in}, in.shape);
}

Value NetworkBuilder::concat(const std::string& name, const std::vector<Value>& inputs) {
  MapShape shape = inputs.at(0).shape;
  shape.channels = 0;
  for (const Value& input : inputs) {
    shape.channels += input.shape.channels;
  }
  return append(name, compiler::ConcatOp{}, inputs, shape);
}

Value NetworkBuilder::add(const std::string& name, const Value& a, const Value& b) {
  return append(name, compiler::AddOp{}, {a, b}, a.shape);
}

Value NetworkBuilder::max_pool(const std::string& name, const Value& in, const Window& window) {
  return append(name, compiler::MaxPoolOp{window}, {in}, slide(in.shape, window, in.shape.channels));
}

Value NetworkBuilder::global_average_pool(const std::string& name, const Value& in) {
  return append(name, compiler::GlobalAveragePoolOp{}, {in}, {in.shape.channels, 1, 1});
}

Value NetworkBuilder::flatten(const std::string& name, const Value& in) {
  return append(name, compiler::FlattenOp{}, {in}, {in.shape.elements(), 1, 1});
}

FloatArray NetworkBuilder::dense_weights(const std::string& name, std::int64_t outputs,
                                         std::int64_t inputs) const {
  WeightRandom random(options_.seed, name);
  return options_.weights ? random_weights(random, outputs, inputs, kDenseOctaves)
                          : filled(outputs * inputs, 0.0F);
}

Value NetworkBuilder::fully_connected(const std::string& name, const Value& in, std::int64_t features) {
  compiler::GemmOp gemm;
  gemm.out_features = features;
  gemm.weights = dense_weights(name, features, in.shape.channels);
  gemm.bias = filled(features, 0.0F);
  return append(name, std::move(gemm), {in}, {features, 1, 1});
}

Value NetworkBuilder::score_maps(const std::string& name, const Value& in, std::int64_t classes) {
  compiler::ConvOp conv;
  conv.out_channels = classes;
  conv.weights = dense_weights(name, classes, in.shape.channels);
  conv.bias = filled(classes, 0.0F);
  return append(name, std::move(conv), {in}, {classes, in.shape.height, in.shape.width});
}

Value NetworkBuilder::classifier(const std::string& name, const Value& in, std::int64_t classes) {
  return fully_connected(name, flatten("flatten_" + name, global_average_pool("pool_" + name, in)), classes);
}

compiler::Graph NetworkBuilder::finish(const Value& output) {
  graph_.output = output.name;
  if (options_.weights) {
    settle_statistics(graph_, options_.seed);
  }
  if (absorb_norms_) {
    absorb_norms(graph_);
  }
  compiler::verify_graph(graph_);
  return std::move(graph_);
}

}  // namespace npu::workloads
