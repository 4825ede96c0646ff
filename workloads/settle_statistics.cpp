#include "workloads/settle_statistics.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <map>
#include <numeric>
#include <set>

#include "workloads/tiny_evaluator.h"
#include "workloads/weight_random.h"

namespace npu::workloads {
namespace {

using compiler::MapShape;

constexpr std::int64_t kSamples = 3;
constexpr std::int64_t kLargestSide = 160;
/// Multiply-accumulates of the convolutions over all samples; larger networks settle on smaller inputs.
constexpr std::int64_t kMacBudget = 6'000'000'000;
constexpr std::int64_t kSideStep = 32;
constexpr std::int64_t kCoarsestLattice = 64;
/// No channel's variance below this part of the layer's mean variance: a channel that was silent on our few
/// inputs must not be blown up on others.
constexpr double kVarianceFloor = 0x1p-8;
constexpr float kLogitDeviation = 3.0F;
constexpr float kHiddenDeviation = 1.0F;
constexpr float kLargestLogitGain = 16.0F;

/// Adds value noise to one plane: random numbers on a lattice, interpolated bilinearly.
void add_lattice_noise(float* plane, const MapShape& shape, std::int64_t spacing, float amplitude,
                       WeightRandom& random) {
  const std::int64_t columns = shape.width / spacing + 2;
  std::vector<float> lattice(static_cast<std::size_t>((shape.height / spacing + 2) * columns));
  for (float& knot : lattice) {
    knot = amplitude * random.normal();
  }
  const float step = 1.0F / static_cast<float>(spacing);
  for (std::int64_t y = 0; y < shape.height; ++y) {
    const float down = static_cast<float>(y % spacing) * step;
    for (std::int64_t x = 0; x < shape.width; ++x) {
      const float right = static_cast<float>(x % spacing) * step;
      const float* knot = lattice.data() + y / spacing * columns + x / spacing;
      const float upper = knot[0] + right * (knot[1] - knot[0]);
      const float lower = knot[columns] + right * (knot[columns + 1] - knot[columns]);
      plane[y * shape.width + x] += upper + down * (lower - upper);
    }
  }
}

/// Noise with the same power in every octave of frequency, as natural images have.
std::vector<float> noise(const MapShape& shape, float amplitude, WeightRandom& random) {
  std::vector<float> plane(static_cast<std::size_t>(shape.height * shape.width), amplitude * random.normal());
  for (std::int64_t spacing = kCoarsestLattice; spacing >= 1; spacing /= 2) {
    add_lattice_noise(plane.data(), shape, spacing, amplitude, random);
  }
  return plane;
}

/// Roughly zero mean and unit variance; the channels of a sample mostly move together.
FeatureMaps sample_inputs(const MapShape& shape, std::int64_t samples, WeightRandom& random) {
  FeatureMaps maps{shape, samples, {}};
  std::vector<std::vector<float>> luminance;
  for (std::int64_t sample = 0; sample < samples; ++sample) {
    luminance.push_back(noise(shape, 0.4F, random));
  }
  for (std::int64_t channel = 0; channel < shape.channels; ++channel) {
    for (const std::vector<float>& common : luminance) {
      const std::vector<float> own = noise(shape, 0.2F, random);
      std::transform(own.begin(), own.end(), common.begin(), std::back_inserter(maps.data), std::plus<>());
    }
  }
  return maps;
}

struct ChannelMoments {
  std::vector<float> mean;
  std::vector<float> variance;
};

/// Over all pixels of all samples, in double precision.
ChannelMoments measure(const FeatureMaps& maps) {
  ChannelMoments moments;
  const auto count = static_cast<double>(maps.pixels());
  for (std::int64_t channel = 0; channel < maps.shape.channels; ++channel) {
    double sum = 0;
    double squares = 0;
    const float* pixel = maps.data.data() + channel * maps.pixels();
    for (const float* end = pixel + maps.pixels(); pixel != end; ++pixel) {
      const double value = *pixel;
      sum += value;
      squares += value * value;
    }
    const double mean = sum / count;
    moments.mean.push_back(static_cast<float>(mean));
    moments.variance.push_back(static_cast<float>(std::max(0.0, squares / count - mean * mean)));
  }
  return moments;
}

double mean_of(const std::vector<float>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

void settle(compiler::BatchNormOp& norm, const FeatureMaps& inputs) {
  ChannelMoments moments = measure(inputs);
  const auto floor = static_cast<float>(mean_of(moments.variance) * kVarianceFloor);
  for (float& variance : moments.variance) {
    variance = std::max(variance, floor);
  }
  norm.mean = compiler::make_array(std::move(moments.mean));
  norm.variance = compiler::make_array(std::move(moments.variance));
}

/// What the outputs of a fully connected layer or of score maps shall have, over the inputs.
struct OutputTarget {
  float deviation = 0;
  float mean = 0;
};

/// Weights times a common gain; bias that takes each output's mean over the inputs to its target.
template <typename Linear>
void settle(Linear& layer, const FeatureMaps& outputs, const OutputTarget& target) {
  const ChannelMoments moments = measure(outputs);
  const auto deviation = static_cast<float>(std::sqrt(mean_of(moments.variance)));
  const float gain =
      deviation * kLargestLogitGain < target.deviation ? kLargestLogitGain : target.deviation / deviation;
  std::vector<float> weights = *layer.weights;
  for (float& weight : weights) {
    weight *= gain;
  }
  std::vector<float> bias;
  for (const float mean : moments.mean) {
    bias.push_back(target.mean - gain * mean);
  }
  layer.weights = compiler::make_array(std::move(weights));
  layer.bias = compiler::make_array(std::move(bias));
}

/// Largest input that keeps within the budget: the maps shrink with the input, fully connected layers do not.
std::int64_t settling_side(const compiler::Graph& graph) {
  std::int64_t macs = 0;
  const compiler::ShapeMap shapes = compiler::infer_shapes(graph);
  for (const compiler::Node& node : graph.nodes) {
    macs += std::holds_alternative<compiler::ConvOp>(node.op) ? compiler::node_macs(node, shapes) : 0;
  }
  const std::int64_t full = std::max(graph.input_shape.height, graph.input_shape.width);
  std::int64_t side = std::min(full, kLargestSide);
  while (side > kSideStep && kSamples * macs / (full * full) * side * side > kMacBudget) {
    side -= kSideStep;
  }
  return side;
}

/// Nearest pixels: what stands before a fully connected layer must have the size that it has in use.
FeatureMaps resampled(const FeatureMaps& in, const MapShape& shape) {
  FeatureMaps out{shape, in.samples, {}};
  const std::int64_t planes = in.shape.channels * in.samples;
  out.data.reserve(static_cast<std::size_t>(planes * shape.height * shape.width));
  for (std::int64_t row = 0; row < planes * shape.height; ++row) {
    const std::int64_t source =
        row / shape.height * in.shape.height + row % shape.height * in.shape.height / shape.height;
    for (std::int64_t x = 0; x < shape.width; ++x) {
      const std::int64_t column = x * in.shape.width / shape.width;
      out.data.push_back(in.data[static_cast<std::size_t>(source * in.shape.width + column)]);
    }
  }
  return out;
}

/// Runs the graph node by node and settles each layer as it is reached.
class Settler {
 public:
  Settler(compiler::Graph& graph, std::uint64_t seed)
      : graph_(graph), shapes_(compiler::infer_shapes(graph)) {
    for (const compiler::Node& node : graph.nodes) {
      for (const std::string& input : node.inputs) {
        ++uses_[input];
        if (std::holds_alternative<compiler::ActivationOp>(node.op)) {
          activated_.insert(input);
        }
      }
    }
    WeightRandom random(seed, "settling inputs");
    const std::int64_t side = settling_side(graph);
    MapShape shape = graph.input_shape;
    shape.height = std::min(shape.height, side);
    shape.width = std::min(shape.width, side);
    values_[graph.input] = sample_inputs(shape, kSamples, random);
  }

  void run() {
    for (compiler::Node& node : graph_.nodes) {
      values_[node.output] = evaluate_settled(node);
      for (const std::string& input : node.inputs) {
        if (--uses_.at(input) == 0) {
          values_.erase(input);
        }
      }
    }
  }

 private:
  FeatureMaps evaluate_settled(compiler::Node& node) {
    std::vector<const FeatureMaps*> inputs;
    for (const std::string& input : node.inputs) {
      inputs.push_back(&values_.at(input));
    }
    const bool activated = activated_.contains(node.output);
    if (auto* norm = std::get_if<compiler::BatchNormOp>(&node.op)) {
      settle(*norm, *inputs.at(0));
    } else if (auto* gemm = std::get_if<compiler::GemmOp>(&node.op)) {
      // A hidden layer's units shall mostly be active, like those behind the batch norms.
      settle(*gemm, evaluate(node, inputs),
             activated ? OutputTarget{kHiddenDeviation, kHiddenDeviation} : OutputTarget{kLogitDeviation, 0});
    } else if (auto* conv = std::get_if<compiler::ConvOp>(&node.op);
               conv != nullptr && !conv->bias->empty()) {
      settle_scores(node, *conv, *inputs.at(0), activated);
    } else if (std::holds_alternative<compiler::FlattenOp>(node.op)) {
      return evaluate_flatten(node, *inputs.at(0));
    }
    return evaluate(node, inputs);
  }

  /// The scores are averaged over the map behind this layer: it is their average that shall spread.
  static void settle_scores(const compiler::Node& node, compiler::ConvOp& conv, const FeatureMaps& in,
                            bool activated) {
    const FeatureMaps scores = evaluate(node, {&in});
    const compiler::Node pool{"average", compiler::GlobalAveragePoolOp{}, {"scores"}, "average"};
    settle(conv, evaluate(pool, {&scores}), {kLogitDeviation, activated ? kLogitDeviation : 0});
  }

  FeatureMaps evaluate_flatten(const compiler::Node& node, const FeatureMaps& in) const {
    const MapShape& full = shapes_.at(node.inputs[0]);
    if (in.shape == full) {
      return evaluate(node, {&in});
    }
    const FeatureMaps sized = resampled(in, full);
    return evaluate(node, {&sized});
  }

  compiler::Graph& graph_;
  compiler::ShapeMap shapes_;
  std::map<std::string, int> uses_;
  std::set<std::string> activated_;  ///< values that an activation reads
  std::map<std::string, FeatureMaps> values_;
};

}  // namespace

void settle_statistics(compiler::Graph& graph, std::uint64_t seed) { Settler(graph, seed).run(); }

}  // namespace npu::workloads
