#include "compiler/refine/recipe.h"

#include <algorithm>
#include <limits>
#include <memory>

#include "compiler/data/float_runtime.h"
#include "compiler/quant/analytic_means.h"
#include "compiler/quant/channel_scaling.h"
#include "compiler/quant/noise_balancing.h"
#include "compiler/quant/output_range.h"
#include "compiler/reference/interpreter.h"
#include "compiler/refine/balance_trial.h"
#include "compiler/refine/parallel_for.h"
#include "hw/common/error.h"

namespace npu::compiler {
namespace {

/// Fewer classes than this and clipped scores would be felt.
constexpr std::int64_t kSmallestClassifier = 5;

/// Measured ranges of the float network, by value.
std::map<std::string, Histogram> histograms(const Graph& graph, const Calibration& calibration,
                                            const CalibrationInputs& inputs) {
  std::map<std::string, Histogram> result;
  for (const auto& [value, statistics] : calibration.values) {
    result.emplace(value, Histogram({statistics.minimum, statistics.maximum}));
  }
  FloatRuntime runtime(graph, 1);
  for (const auto& input : inputs) {
    runtime.run(input,
                [&](const std::string& value, std::span<const float> data) { result.at(value).add(data); });
  }
  return result;
}

// Cross-layer equalisation knows no upper clamp: channels are scaled past it.
Graph without_upper_clamps(Graph graph) {
  const auto open = [](Activation& activation) {
    if (activation.kind == Activation::Kind::kClamp && activation.low == 0) {
      activation.high = std::numeric_limits<float>::infinity();
    }
  };
  for (Node& node : graph.nodes) {
    if (auto* conv = std::get_if<ConvOp>(&node.op)) open(conv->activation);
    if (auto* add = std::get_if<AddOp>(&node.op)) open(add->activation);
    if (auto* activation = std::get_if<ActivationOp>(&node.op)) open(activation->activation);
  }
  return graph;
}

class Cook {
 public:
  Cook(const Graph& canonical, const Calibration& calibration, const CalibrationInputs& inputs,
       const hw::ArchConfig& arch, const Recipe& recipe, int threads)
      : inputs_(inputs),
        arch_(arch),
        recipe_(recipe),
        threads_(threads),
        graph_(canonical),
        calibration_(calibration) {}

  RecipeResult run() {
    if (recipe_.scaling != ChannelScaling::kNone) scale();
    QuantizerOptions options;
    options.scheme = recipe_.scheme;
    options.shift_bits = recipe_.scheme == WeightScheme::kShift ? recipe_.shift_bits : 0;
    options.weight_bits = recipe_.weight_bits;
    options.bias_correction = recipe_.bias_correction != BiasCorrection::kNone;
    options.match_outputs = recipe_.bias_correction == BiasCorrection::kMeasured;
    options.search_scales = recipe_.search_scales;
    options.optimise_rounding = recipe_.optimise_rounding;
    options.ranges = ranges();
    std::unique_ptr<LayerInputs> layer_inputs = make_layer_inputs();
    options.layer_inputs = layer_inputs.get();
    if (recipe_.bias_correction == BiasCorrection::kCalibrated && options.layer_inputs != nullptr) {
      options.means_from_calibration = true;
    }
    auto quantized = quantize(graph_, calibration_, arch_, options);
    return {std::move(quantized), std::move(graph_), std::move(calibration_), {}};
  }

 private:
  bool needs_layer_inputs() const {
    return recipe_.search_scales || recipe_.optimise_rounding ||
           recipe_.bias_correction == BiasCorrection::kMeasured;
  }

  std::unique_ptr<LayerInputs> make_layer_inputs() {
    if (recipe_.bias_correction == BiasCorrection::kAnalytic) {
      use_analytic_means(graph_, calibration_);
      if (!needs_layer_inputs()) return nullptr;
    }
    if (!needs_layer_inputs()) return nullptr;
    NPU_CHECK(!inputs_.empty(), "this recipe needs calibration inputs");
    return std::make_unique<CalibrationRun>(graph_, calibration_, inputs_, threads_);
  }

  void scale() {
    if (recipe_.scaling == ChannelScaling::kCrossLayer) {
      graph_ = without_upper_clamps(std::move(graph_));
      recalibrate();
    }
    const ChannelClasses classes(graph_);
    const auto factors =
        recipe_.scaling == ChannelScaling::kCrossLayer
            ? cross_layer_factors(graph_, classes)
            : noise_balancing_factors(graph_, classes, calibration_, channel_powers(),
                                      {recipe_.weight_bits.value_or(arch_.data.weight_bits),
                                       arch_.data.activation_bits, recipe_.balance_strength});
    graph_ = scale_channels(graph_, classes, factors);
    calibration_ = scale_channels(calibration_, classes, factors);
  }

  ChannelPowers channel_powers() const {
    NPU_CHECK(!inputs_.empty(), "balancing needs calibration inputs");
    const ShapeMap shapes = infer_shapes(graph_);
    ChannelPowers powers;
    FloatRuntime runtime(graph_, 1);
    for (const auto& input : inputs_) {
      runtime.run(input, [&](const std::string& value, std::span<const float> data) {
        const auto channels = static_cast<std::size_t>(shapes.at(value).channels);
        auto& power = powers.try_emplace(value, channels, 0.0).first->second;
        const std::size_t pixels = data.size() / channels;
        for (std::size_t i = 0; i < data.size(); ++i) {
          power[i / pixels] +=
              double{data[i]} * double{data[i]} / static_cast<double>(pixels * inputs_.size());
        }
      });
    }
    return powers;
  }

  // The opened network has other ranges than the one that was calibrated.
  void recalibrate() {
    if (inputs_.empty()) return;
    calibration_ = calibrate(
        graph_, static_cast<std::int64_t>(inputs_.size()), calibration_.source,
        [&](std::int64_t i) { return inputs_[static_cast<std::size_t>(i)]; }, {}, 1);
  }

  std::map<std::string, Range> ranges() const {
    std::map<std::string, Range> result;
    const int bits = arch_.data.activation_bits;
    if (recipe_.range_method != RangeMethod::kMinMax && !inputs_.empty()) {
      for (const auto& [value, histogram] : histograms(graph_, calibration_, inputs_)) {
        result[value] = choose_range(histogram, recipe_.range_method, bits, recipe_.percentile);
      }
    }
    if (recipe_.fit_scores && is_classifier(graph_) && !inputs_.empty()) {
      const auto& statistics = calibration_.values.at(graph_.output);
      result[graph_.output] =
          score_range({statistics.minimum, statistics.maximum}, float_outputs(graph_, inputs_), bits);
    }
    return result;
  }

  const CalibrationInputs& inputs_;
  const hw::ArchConfig& arch_;
  const Recipe& recipe_;
  int threads_;
  Graph graph_;
  Calibration calibration_;
};

}  // namespace

bool Recipe::needs_inputs() const {
  return search_scales || optimise_rounding || fit_scores || bias_correction == BiasCorrection::kMeasured ||
         scaling != ChannelScaling::kNone || range_method != RangeMethod::kMinMax;
}

Recipe Recipe::without_inputs() const {
  Recipe recipe = *this;
  if (recipe.bias_correction == BiasCorrection::kMeasured)
    recipe.bias_correction = BiasCorrection::kCalibrated;
  recipe.search_scales = false;
  recipe.optimise_rounding = false;
  recipe.range_method = RangeMethod::kMinMax;
  recipe.fit_scores = false;
  recipe.scaling = ChannelScaling::kNone;
  return recipe;
}

Recipe Recipe::plain(WeightScheme scheme, int shift_bits) {
  Recipe recipe;
  recipe.scheme = scheme;
  recipe.shift_bits = shift_bits;
  recipe.scaling = ChannelScaling::kNone;
  recipe.bias_correction = BiasCorrection::kNone;
  recipe.search_scales = false;
  recipe.optimise_rounding = false;
  recipe.fit_scores = false;
  return recipe;
}

bool is_classifier(const Graph& canonical) {
  const MapShape shape = infer_shapes(canonical).at(canonical.output);
  return shape.height == 1 && shape.width == 1 && shape.channels >= kSmallestClassifier;
}

std::vector<std::vector<float>> float_outputs(const Graph& graph, const CalibrationInputs& inputs) {
  FloatRuntime runtime(graph, 1);
  std::vector<std::vector<float>> outputs;
  for (const auto& input : inputs) outputs.push_back(runtime.run(input));
  return outputs;
}

GraphExecutor interpreting_executor(int threads) {
  return [threads](const QuantizedGraph& graph, const std::vector<std::vector<std::int32_t>>& inputs) {
    std::vector<std::vector<std::int32_t>> outputs(inputs.size());
    parallel_for(inputs.size(), threads, [&](std::size_t i) {
      outputs[i] = std::move(interpret(graph, inputs[i]).tensors[static_cast<std::size_t>(graph.output)]);
    });
    return outputs;
  };
}

RecipeResult quantize_by_recipe(const Graph& canonical, const Calibration& calibration,
                                const CalibrationInputs& inputs, const hw::ArchConfig& arch,
                                const Recipe& recipe, int threads, const GraphExecutor& execute) {
  Recipe chosen = recipe;
  std::vector<BalanceTrial> trials;
  if (!canonical.given.empty()) {
    chosen.scaling = ChannelScaling::kNone;  // given numbers are those of the network as it is
  } else if (recipe.scaling == ChannelScaling::kTried) {
    trials = try_balancing(canonical, inputs, arch, recipe, threads,
                           execute ? execute : interpreting_executor(threads));
    chosen.balance_strength = best_strength(trials);
    chosen.scaling = chosen.balance_strength > 0 ? ChannelScaling::kBalanced : ChannelScaling::kNone;
  }
  auto result = Cook(canonical, calibration, inputs, arch, chosen, threads).run();
  result.trials = std::move(trials);
  return result;
}

}  // namespace npu::compiler
