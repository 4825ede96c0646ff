#include "workloads/settle_statistics.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <map>
#include <numeric>

#include "workloads/tiny_evaluator.h"
#include "workloads/weight_random.h"

namespace npu::workloads {
namespace {

using compiler::MapShape;

constexpr std::int64_t kSamples = 3;
constexpr std::int64_t kLargestSide = 160;
constexpr std::int64_t kCoarsestLattice = 64;
/// No channel's variance below this part of the layer's mean variance: a channel that was silent on our few
/// inputs must not be blown up on others.
constexpr double kVarianceFloor = 0x1p-8;
constexpr float kLogitDeviation = 3.0F;
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

/// Weights times a common gain, bias that takes each output's mean over the inputs to zero.
void settle(compiler::GemmOp& gemm, const FeatureMaps& outputs) {
  const ChannelMoments moments = measure(outputs);
  const auto deviation = static_cast<float>(std::sqrt(mean_of(moments.variance)));
  const float gain =
      deviation * kLargestLogitGain < kLogitDeviation ? kLargestLogitGain : kLogitDeviation / deviation;
  std::vector<float> weights = *gemm.weights;
  for (float& weight : weights) {
    weight *= gain;
  }
  std::vector<float> bias;
  for (const float mean : moments.mean) {
    bias.push_back(-gain * mean);
  }
  gemm.weights = compiler::make_array(std::move(weights));
  gemm.bias = compiler::make_array(std::move(bias));
}

}  // namespace

void settle_statistics(compiler::Graph& graph, std::uint64_t seed) {
  WeightRandom random(seed, "settling inputs");
  MapShape shape = graph.input_shape;
  shape.height = std::min(shape.height, kLargestSide);
  shape.width = std::min(shape.width, kLargestSide);
  std::map<std::string, FeatureMaps> values;
  values[graph.input] = sample_inputs(shape, kSamples, random);
  for (compiler::Node& node : graph.nodes) {
    std::vector<const FeatureMaps*> inputs;
    for (const std::string& input : node.inputs) {
      inputs.push_back(&values.at(input));
    }
    if (auto* norm = std::get_if<compiler::BatchNormOp>(&node.op)) {
      settle(*norm, *inputs.at(0));
    } else if (auto* gemm = std::get_if<compiler::GemmOp>(&node.op)) {
      settle(*gemm, evaluate(node, inputs));
    }
    values[node.output] = evaluate(node, inputs);
  }
}

}  // namespace npu::workloads
