#include "compiler/refine/balance_trial.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

#include "compiler/data/float_runtime.h"
#include "compiler/quant/output_range.h"

namespace npu::compiler {
namespace {

constexpr double kStrengths[] = {0.0, 0.5, 1.0};

struct Halves {
  CalibrationInputs seen;
  CalibrationInputs kept;
};

// Every other input, so that an order of the files (by class, by date) does not separate the halves.
Halves halves_of(const CalibrationInputs& inputs) {
  Halves halves;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    (i % 2 == 0 ? halves.seen : halves.kept).push_back(inputs[i]);
  }
  return halves;
}

double square_sum(std::span<const float> values) {
  return std::inner_product(values.begin(), values.end(), values.begin(), 0.0);
}

double distance(bool classifier, std::span<const float> expected, std::span<const float> found) {
  if (classifier) return softmax_divergence(expected, found);
  double noise = 0;
  for (std::size_t i = 0; i < expected.size(); ++i)
    noise += std::pow(double{expected[i]} - double{found[i]}, 2);
  const double power = square_sum(expected);
  return power > 0 ? noise / power : noise;
}

std::vector<std::vector<float>> integer_outputs(const QuantizedGraph& graph, const CalibrationInputs& inputs,
                                                const GraphExecutor& execute) {
  const QTensor& input_tensor = graph.tensors[static_cast<std::size_t>(graph.input)];
  const QTensor& output_tensor = graph.tensors[static_cast<std::size_t>(graph.output)];
  std::vector<std::vector<std::int32_t>> integers;
  for (const auto& input : inputs)
    integers.push_back(quantize_input(input, input_tensor, graph.activation_bits));
  std::vector<std::vector<float>> results;
  for (const auto& output : execute(graph, integers)) results.push_back(dequantize(output, output_tensor));
  return results;
}

}  // namespace

std::vector<BalanceTrial> try_balancing(const Graph& canonical, const CalibrationInputs& inputs,
                                        const hw::ArchConfig& arch, const Recipe& recipe, int threads,
                                        const GraphExecutor& execute) {
  if (inputs.size() < kFewestTrialInputs) return {};
  const auto [seen, kept] = halves_of(inputs);
  const auto calibration = calibrate(
      canonical, static_cast<std::int64_t>(seen.size()), "half of the calibration inputs",
      [&seen = seen](std::int64_t i) { return seen[static_cast<std::size_t>(i)]; }, {}, 1);
  const auto expected = float_outputs(canonical, kept);
  const bool classifier = is_classifier(canonical);
  std::vector<BalanceTrial> trials;
  for (const double strength : kStrengths) {
    Recipe cheap = recipe;
    cheap.scaling = strength > 0 ? ChannelScaling::kBalanced : ChannelScaling::kNone;
    cheap.balance_strength = strength;
    cheap.search_scales = cheap.optimise_rounding = false;
    if (cheap.bias_correction == BiasCorrection::kMeasured)
      cheap.bias_correction = BiasCorrection::kCalibrated;
    const auto result = quantize_by_recipe(canonical, calibration, seen, arch, cheap, threads);
    const auto found = integer_outputs(result.quantized, kept, execute);
    double sum = 0;
    for (std::size_t i = 0; i < kept.size(); ++i) sum += distance(classifier, expected[i], found[i]);
    trials.push_back({strength, sum / static_cast<double>(kept.size())});
  }
  return trials;
}

double best_strength(const std::vector<BalanceTrial>& trials) {
  const auto best = std::min_element(trials.begin(), trials.end(),
                                     [](const auto& a, const auto& b) { return a.distance < b.distance; });
  return best == trials.end() ? 0.0 : best->strength;
}

}  // namespace npu::compiler
