// The recipe on small networks: statistics against brute force, the same result for any number of threads,
// and less error than without it.
#include <cmath>

#include "compiler/quant/quantizer.h"
#include "compiler/reference/interpreter.h"
#include "compiler/refine/layer_comparison.h"
#include "compiler/refine/recipe.h"
#include "compiler/refine/tap_covariance.h"
#include "hw/common/error.h"
#include "tests/compiler/data/graph_builder.h"

using namespace npu;
using namespace npu::compiler;
using namespace npu::tests;

namespace {

struct Fixture {
  GraphBuilder builder{{3, 16, 15}, 21};
  Graph graph = make();
  CalibrationInputs inputs = make_inputs();
  Calibration calibration = calibrate(graph, static_cast<std::int64_t>(inputs.size()), "test",
                                      [&](std::int64_t i) { return inputs[static_cast<std::size_t>(i)]; });
  hw::ArchConfig arch = hw::load_arch(source_folder() / "configs" / "arch" / "shift_npu.json");

  Graph make() {
    const auto a = builder.conv("input", 12, window(3, 2, {1, 1, 1, 1}), 1, relu());
    const auto b = builder.conv(a, 12, window(3, 1, {1, 1, 1, 1}), 12, relu());
    const auto c = builder.conv(b, 12, window(1), 1);
    const auto sum = builder.node(AddOp{}, {a, c});
    const auto d = builder.conv(sum, 16, window(1), 1, leaky(0.1F));
    return builder.finish(builder.conv(d, 10, window(8)));
  }
  CalibrationInputs make_inputs() {
    CalibrationInputs result;
    for (int i = 0; i < 24; ++i) result.push_back(builder.random_input());
    return result;
  }
  RecipeResult cooked(const Recipe& recipe, int threads = 1) const {
    return quantize_by_recipe(graph, calibration, inputs, arch, recipe, threads);
  }
  /// Mean squared error of the outputs.
  double error_of(const Recipe& recipe) const {
    const auto quantized = cooked(recipe).quantized;
    double error = 0;
    for (const auto& input : inputs) {
      const auto found = interpret(
          quantized, quantize_input(input, quantized.tensors[static_cast<std::size_t>(quantized.input)], 8));
      const auto output = static_cast<std::size_t>(quantized.output);
      const auto reals = dequantize(found.tensors[output], quantized.tensors[output]);
      const auto expected = evaluate_naively(graph, input).at(graph.output);
      for (std::size_t i = 0; i < reals.size(); ++i) error += std::pow(expected[i] - reals[i], 2);
    }
    return error;
  }
};

}  // namespace

TEST_CASE("second moments of the windows equal brute force over every window, padding as zero") {
  TestRandom random(2);
  const MapShape shape{4, 5, 6};
  std::vector<MapElements> maps(3);
  for (auto& map : maps) {
    for (std::int64_t i = 0; i < shape.elements(); ++i)
      map.push_back(static_cast<std::int16_t>(random.integer(-9, 9)));
  }
  ConvOp op;
  op.window = window(3, 2, {1, 0, 1, 1});
  op.groups = 2;
  op.out_channels = 6;
  const std::int32_t zero_point = 2;
  const auto found = tap_covariances(op, maps, shape, zero_point, 1000, 1);
  REQUIRE(found.size() == 2);
  CHECK(found[1].taps == 18);
  CHECK(found[1].samples == 3 * 3 * 3);
  const auto tap_value = [&](const MapElements& map, std::int64_t y, std::int64_t x, std::int64_t tap) {
    const std::int64_t channel = 2 + tap / 9;  // group 1
    const std::int64_t row = 2 * y - 1 + tap % 9 / 3;
    const std::int64_t column = 2 * x + tap % 3;
    if (row < 0 || row >= 5 || column >= 6) return 0.0;
    return double(map[static_cast<std::size_t>((row * 6 + column) * 4 + channel)] - zero_point);
  };
  for (std::int64_t i = 0; i < 18; ++i) {
    for (std::int64_t j = 0; j < 18; ++j) {
      double sum = 0;
      for (const auto& map : maps) {
        for (std::int64_t y = 0; y < 3; ++y) {
          for (std::int64_t x = 0; x < 3; ++x) sum += tap_value(map, y, x, i) * tap_value(map, y, x, j);
        }
      }
      CHECK(found[1].matrix[static_cast<std::size_t>(i * 18 + j)] == Approx(sum / 27).margin(1e-3));
    }
  }
}

TEST_CASE("the recipe gives the same integers for any number of threads") {
  const Fixture fixture;
  const auto one = fixture.cooked({}, 1).quantized;
  const auto three = fixture.cooked({}, 3).quantized;
  REQUIRE(one.nodes.size() == three.nodes.size());
  for (std::size_t i = 0; i < one.nodes.size(); ++i) {
    const auto* a = std::get_if<QConv>(&one.nodes[i].op);
    if (a == nullptr) continue;
    const auto& b = std::get<QConv>(three.nodes[i].op);
    CHECK(a->weights == b.weights);
    CHECK(a->bias == b.bias);
    CHECK(a->channel_shift == b.channel_shift);
  }
}

TEST_CASE(
    "where the rounding of weights matters the recipe leaves less error than plain rounding, in every "
    "scheme") {
  const Fixture fixture;
  for (const auto scheme : {WeightScheme::kShift, WeightScheme::kPerChannel}) {
    Recipe recipe;
    recipe.scheme = scheme;
    recipe.fit_scores = false;
    Recipe plain = Recipe::plain(scheme, 4);
    recipe.weight_bits = plain.weight_bits = 5;
    CHECK(fixture.error_of(recipe) < 0.5 * fixture.error_of(plain));
  }
}

TEST_CASE("every scheme, scaling, range method and correction gives a graph that verifies") {
  const Fixture fixture;
  for (const auto scheme : {WeightScheme::kShift, WeightScheme::kAsymmetric, WeightScheme::kPerChannel}) {
    for (const auto scaling :
         {ChannelScaling::kNone, ChannelScaling::kBalanced, ChannelScaling::kCrossLayer}) {
      Recipe recipe = Recipe::plain(scheme, 4);
      recipe.scaling = scaling;
      recipe.bias_correction = BiasCorrection::kCalibrated;
      CHECK_NOTHROW(verify_quantized(fixture.cooked(recipe).quantized));
    }
  }
  for (const auto method : {RangeMethod::kPercentile, RangeMethod::kMse, RangeMethod::kEntropy}) {
    Recipe recipe;
    recipe.range_method = method;
    CHECK_NOTHROW(verify_quantized(fixture.cooked(recipe).quantized));
  }
}

TEST_CASE("analytic bias correction without batch-norm statistics is refused by the layer's name") {
  const Fixture fixture;
  Recipe recipe = Recipe::plain(WeightScheme::kShift, 4);
  recipe.bias_correction = BiasCorrection::kAnalytic;
  CHECK_THROWS_AS(fixture.cooked(recipe), GraphError);
}

TEST_CASE("layers are compared with the float network that the integers stand for") {
  const Fixture fixture;
  Recipe recipe;
  recipe.fit_scores = false;
  const auto result = fixture.cooked(recipe);
  const auto layers = compare_layers(result.scaled, result.quantized, fixture.inputs);
  CHECK(layers.size() == fixture.graph.nodes.size());
  for (const auto& layer : layers) {
    INFO(layer.name);
    CHECK(layer.sqnr_db > 20);
    CHECK(layer.integer_mean == Approx(layer.float_mean).margin(0.05));
  }
}
