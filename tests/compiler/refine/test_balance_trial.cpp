// The trial on kept inputs: it is left out when there is nothing to try on, finds balancing good where a
// quiet channel decides the output, and finds it bad where a channel that half of the inputs leave quiet is
// loud in the other half.
#include "compiler/refine/balance_trial.h"
#include "tests/compiler/data/graph_builder.h"

using namespace npu;
using namespace npu::compiler;
using namespace npu::tests;

namespace {

constexpr std::int64_t kSide = 8;

/// A copy of the input's two channels, and a layer that reads mostly the second.
struct QuietChannel {
  GraphBuilder builder{{2, kSide, kSide}, 5};
  Graph graph = make();
  hw::ArchConfig arch = hw::load_arch(source_folder() / "configs" / "arch" / "shift_npu.json");

  Graph make() {
    const auto copy = builder.conv("input", 2, window(1), 1, relu(), false);
    std::get<ConvOp>(builder.last().op).weights =
        std::make_shared<std::vector<float>>(std::vector<float>{1, 0, 0, 1});
    const auto out = builder.conv(copy, 8, window(3, 1, {1, 1, 1, 1}), 1, {}, false);
    auto weights = *std::get<ConvOp>(builder.last().op).weights;
    for (std::size_t i = 0; i < weights.size(); ++i) weights[i] *= i / 9 % 2 == 0 ? 0.002F : 1.0F;
    std::get<ConvOp>(builder.last().op).weights = std::make_shared<std::vector<float>>(weights);
    return builder.finish(out);
  }
  /// The first channel reaches 1; the second `quiet` or, in every other input, `loud`.
  CalibrationInputs inputs(int count, float quiet, float loud) {
    CalibrationInputs result;
    for (int i = 0; i < count; ++i) {
      auto& input = result.emplace_back(builder.random_input(0, 1));
      input[0] = 1;
      const float scale = i % 2 == 0 ? quiet : loud;
      for (std::size_t k = input.size() / 2; k < input.size(); ++k) input[k] *= scale;
    }
    return result;
  }
  std::vector<BalanceTrial> trials(const CalibrationInputs& inputs, int threads = 1) const {
    return try_balancing(graph, inputs, arch, {}, threads, interpreting_executor(threads));
  }
};

}  // namespace

TEST_CASE("with too few inputs nothing is tried and channels stay") {
  QuietChannel net;
  const auto inputs = net.inputs(static_cast<int>(kFewestTrialInputs) - 1, 0.01F, 0.01F);
  CHECK(net.trials(inputs).empty());
  CHECK(best_strength({}) == 0);
}

TEST_CASE("a channel that is always quiet and decides the output is enlarged") {
  QuietChannel net;
  const auto inputs = net.inputs(16, 0.05F, 0.05F);
  const auto trials = net.trials(inputs);
  REQUIRE(trials.size() == 3);
  CHECK(trials[0].strength == 0);
  CHECK(trials[2].strength == 1);
  CHECK(trials[2].distance < 0.9 * trials[0].distance);
  CHECK(best_strength(trials) > 0);
}

TEST_CASE("a channel that is loud only in inputs kept aside is left alone") {
  QuietChannel net;
  const auto trials = net.trials(net.inputs(16, 0.05F, 0.9F));
  REQUIRE(trials.size() == 3);
  CHECK(trials[0].distance < trials[2].distance);
  CHECK(best_strength(trials) == 0);
}

TEST_CASE("trials do not depend on the number of threads, and the recipe follows the best of them") {
  QuietChannel net;
  const auto inputs = net.inputs(16, 0.05F, 0.05F);
  const auto one = net.trials(inputs, 1);
  const auto three = net.trials(inputs, 3);
  for (std::size_t i = 0; i < one.size(); ++i) CHECK(one[i].distance == three[i].distance);
  const auto calibration = calibrate(net.graph, static_cast<std::int64_t>(inputs.size()), "test",
                                     [&](std::int64_t i) { return inputs[static_cast<std::size_t>(i)]; });
  const auto tried = quantize_by_recipe(net.graph, calibration, inputs, net.arch, {}, 1);
  Recipe fixed;
  fixed.scaling = ChannelScaling::kBalanced;
  fixed.balance_strength = best_strength(one);
  const auto balanced = quantize_by_recipe(net.graph, calibration, inputs, net.arch, fixed, 1);
  fixed.scaling = ChannelScaling::kNone;
  const auto unbalanced = quantize_by_recipe(net.graph, calibration, inputs, net.arch, fixed, 1);
  const auto shifts = [](const RecipeResult& result) {
    return std::get<QConv>(result.quantized.nodes[0].op).channel_shift;
  };
  CHECK(tried.trials.size() == one.size());
  CHECK(shifts(tried) == shifts(balanced));
  CHECK(shifts(tried) != shifts(unbalanced));
}
