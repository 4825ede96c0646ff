#include "workloads/network_builder.h"

#include <cmath>
#include <limits>

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

compiler::BatchNormOp random_norm(WeightRandom& random, std::int64_t channels, int octaves) {
  const auto count = static_cast<std::size_t>(channels);
  std::vector<float> scale(count);
  std::vector<float> bias(count);
  for (std::size_t channel = 0; channel < count; ++channel) {
    scale[channel] = kScaleBase * random.octave_factor(octaves);
    bias[channel] = scale[channel] * (kNormBiasMean + kNormBiasSpread * random.normal());
  }
  compiler::BatchNormOp norm;
  norm.scale = compiler::make_array(std::move(scale));
  norm.bias = compiler::make_array(std::move(bias));
  norm.mean = compiler::make_array(std::vector<float>(count, 0.0F));
  norm.variance = compiler::make_array(std::vector<float>(count, 1.0F));
  norm.epsilon = kNormEpsilon;
  return norm;
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

NetworkBuilder::NetworkBuilder(std::string name, const MapShape& input, std::uint64_t seed) : seed_(seed) {
  graph_.name = std::move(name);
  graph_.input = "input";
  graph_.input_shape = input;
}

Value NetworkBuilder::append(std::string name, compiler::Operator op, const std::vector<Value>& inputs,
                             const MapShape& shape) {
  compiler::Node node;
  node.output = name;
  node.name = std::move(name);
  node.op = std::move(op);
  for (const Value& input : inputs) {
    node.inputs.push_back(input.name);
  }
  graph_.nodes.push_back(std::move(node));
  return {graph_.nodes.back().output, shape};
}

Value NetworkBuilder::conv_norm(const ConvLayer& layer, const Value& in) {
  const bool depthwise = layer.groups > 1 && layer.groups == in.shape.channels;
  WeightRandom random(seed_, layer.name);
  const std::int64_t fan_in =
      in.shape.channels / layer.groups * layer.window.kernel_height * layer.window.kernel_width;
  compiler::ConvOp conv;
  conv.window = layer.window;
  conv.groups = layer.groups;
  conv.out_channels = layer.out_channels;
  conv.weights = random_weights(random, layer.out_channels, fan_in, kWeightOctaves);
  const Value raw = append(layer.name, conv, {in}, slide(in.shape, layer.window, layer.out_channels));
  const int octaves = depthwise ? kDepthwiseScaleOctaves : kScaleOctaves;
  return append(layer.name + ".bn", random_norm(random, layer.out_channels, octaves), {raw}, raw.shape);
}

Value NetworkBuilder::clamp(const Value& in, float high, const char* suffix) {
  const compiler::Activation activation{compiler::Activation::Kind::kClamp, 0.0F, high, 0.0F};
  return append(in.name + suffix, compiler::ActivationOp{activation}, {in}, in.shape);
}

Value NetworkBuilder::relu(const Value& in) {
  return clamp(in, std::numeric_limits<float>::infinity(), ".relu");
}

Value NetworkBuilder::relu6(const Value& in) { return clamp(in, 6.0F, ".relu6"); }

Value NetworkBuilder::add(const std::string& name, const Value& a, const Value& b) {
  return append(name, compiler::AddOp{}, {a, b}, a.shape);
}

Value NetworkBuilder::max_pool(const std::string& name, const Value& in, const Window& window) {
  return append(name, compiler::MaxPoolOp{window}, {in}, slide(in.shape, window, in.shape.channels));
}

Value NetworkBuilder::classifier(const std::string& name, const Value& in, std::int64_t classes) {
  const std::int64_t channels = in.shape.channels;
  const Value pooled = append("pool_" + name, compiler::GlobalAveragePoolOp{}, {in}, {channels, 1, 1});
  const Value features = append("flatten_" + name, compiler::FlattenOp{}, {pooled}, {channels, 1, 1});
  WeightRandom random(seed_, name);
  compiler::GemmOp gemm;
  gemm.out_features = classes;
  gemm.weights = random_weights(random, classes, channels, 1);
  gemm.bias = compiler::make_array(std::vector<float>(static_cast<std::size_t>(classes), 0.0F));
  return append(name, gemm, {features}, {classes, 1, 1});
}

compiler::Graph NetworkBuilder::finish(const Value& output) {
  graph_.output = output.name;
  settle_statistics(graph_, seed_);
  compiler::verify_graph(graph_);
  return graph_;
}

}  // namespace npu::workloads
