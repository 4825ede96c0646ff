// Does the interpreter compute what docs/numerics.md says? Against vectors worked by hand and against a
// 128-bit brute-force oracle on random layers.
#include <algorithm>

#include "compiler/reference/interpreter.h"
#include "hw/common/error.h"
#include "tests/compiler/reference/oracle.h"
#include "tests/compiler/reference/quantized_builder.h"

using namespace npu;
using namespace npu::compiler;
using namespace npu::tests;

namespace {

Window window(std::int64_t kernel, std::int64_t stride = 1, std::int64_t before = 0, std::int64_t after = 0) {
  return {kernel, kernel, stride, stride, before, before, after, after, false};
}

void compare_with_oracle(QuantizedBuilder& builder, TensorId output) {
  const QuantizedGraph graph = builder.finish(output);
  verify_quantized(graph);
  for (int trial = 0; trial < 3; ++trial) {
    const auto input = builder.random_input();
    const auto expected = run_oracle(graph, input);
    const auto found = interpret(graph, input);
    REQUIRE(found.tensors.size() == expected.size());
    for (std::size_t id = 0; id < expected.size(); ++id) {
      INFO("tensor " << id);
      REQUIRE(found.tensors[id] == expected[id]);
    }
    // A comparison of constants would prove nothing.
    const auto [low, high] = std::minmax_element(expected.back().begin(), expected.back().end());
    CHECK(*low != *high);
  }
}

/// One input element x, one weight of 1, bias so that acc + B = v: the output stage alone.
std::int32_t stage_of(std::int64_t v, const hw::OutputStage& stage, int channel_shift,
                      std::int64_t* saturated = nullptr) {
  QuantizedGraph graph;
  graph.name = "stage";
  graph.tensors = {{"x", {1, 1, 1}, 1.0F, 0}, {"y", {1, 1, 1}, 1.0F, stage.zero_point}};
  QConv conv;
  conv.input = 0;
  conv.output = 1;
  conv.weights = {1};
  conv.bias = {v};
  conv.channel_shift = {static_cast<std::uint8_t>(channel_shift)};
  conv.stage = stage;
  graph.nodes = {{"conv", conv}};
  graph.input = 0;
  graph.output = 1;
  const auto result = interpret(graph, std::vector<std::int32_t>{0});
  if (saturated != nullptr) *saturated = result.saturated.at(0);
  return result.tensors.at(1).at(0);
}

}  // namespace

TEST_CASE(
    "the worked example of the contract: acc + B = -1000, M = 40000, n = 20, e = 3, z_y = -10 gives -15") {
  hw::OutputStage stage;
  stage.multiplier = 40000;
  stage.shift = 20;
  stage.zero_point = -10;
  CHECK(stage_of(-1000, stage, 3) == -15);
}

TEST_CASE("every rounding rule of a graph reaches convolutions, adds, rescales and average pools") {
  for (const auto& [name, rule] : hw::kRoundings) {
    INFO(name);
    QuantizedBuilder builder({6, 9, 8}, 77);
    builder.graph().rounding = rule;
    const TensorId conv = builder.conv(builder.graph().input, 6, window(3, 1, 1, 1));
    const TensorId sum = builder.add(conv, builder.graph().input);
    compare_with_oracle(builder, builder.average_pool(builder.rescale(sum), window(3, 2, 1, 1), true));
  }
}

TEST_CASE("ties go towards plus infinity, below zero too") {
  hw::OutputStage stage;
  stage.multiplier = 1;
  stage.shift = 2;
  CHECK(stage_of(6, stage, 0) == 2);     // 1.5
  CHECK(stage_of(-6, stage, 0) == -1);   // -1.5
  CHECK(stage_of(-2, stage, 0) == 0);    // -0.5
  CHECK(stage_of(-10, stage, 0) == -2);  // -2.5
  CHECK(stage_of(12, stage, 1) == 2);    // 12 / 8 with e = 1
}

TEST_CASE("saturations are counted, cuts by a fused activation are not") {
  hw::OutputStage stage;
  std::int64_t saturated = 0;
  CHECK(stage_of(1000, stage, 0, &saturated) == 127);
  CHECK(saturated == 1);
  stage.high = 50;
  CHECK(stage_of(1000, stage, 0, &saturated) == 50);
  CHECK(saturated == 0);
}

TEST_CASE(
    "a convolution worked by hand: asymmetric pads supply the zero point, the bias holds -z_x * sum(q)") {
  QuantizedGraph graph;
  graph.name = "hand";
  graph.tensors = {{"x", {2, 2, 1}, 1.0F, 5}, {"y", {1, 2, 1}, 1.0F, -3}};
  QConv conv;
  conv.input = 0;
  conv.output = 1;
  conv.window = {2, 1, 1, 1, 0, 0, 1, 0, false};  // one row of padding below
  conv.weights = {3, -2, 10, 7};                  // [row][channel]
  conv.bias = {100 - 5 * 18};                     // real bias 100
  conv.channel_shift = {1};
  conv.stage.multiplier = 3;
  conv.stage.shift = 2;
  conv.stage.zero_point = -3;
  graph.nodes = {{"conv", conv}};
  graph.input = 0;
  graph.output = 1;
  // Rows (6, 1) and (-4, 9), less the zero point: (1, -4), (-9, 4).
  // y0: 100 + 3*1 + 2*4 - 10*9 + 7*4 = 49; 49 * 3 / 8 = 18.375 -> 18 - 3.
  // y1: 100 - 27 - 8 + 0 = 65 (padding adds nothing); 65 * 3 / 8 = 24.375 -> 24 - 3.
  CHECK(interpret(graph, std::vector<std::int32_t>{6, 1, -4, 9}).tensors[1] ==
        std::vector<std::int32_t>{15, 21});
}

TEST_CASE("an average pool that excludes padding divides each window by its own pixels") {
  QuantizedGraph graph;
  graph.name = "hand";
  graph.tensors = {{"x", {1, 1, 3}, 1.0F, 2}, {"y", {1, 1, 2}, 1.0F, 0}};
  QAveragePool pool;
  pool.input = 0;
  pool.output = 1;
  pool.window = {1, 3, 1, 2, 0, 1, 0, 1, false};
  pool.stage.shift = 10;
  pool.multiplier_by_count = {1, 1024, 512, 341};
  graph.nodes = {{"pool", pool}};
  graph.input = 0;
  graph.output = 1;
  // Windows (pad, 12, 22) and (22, 3, pad): less z = 2: 10 + 20, 20 + 1; halves 15 and 10.5 -> 11.
  CHECK(interpret(graph, std::vector<std::int32_t>{12, 22, 3}).tensors[1] ==
        std::vector<std::int32_t>{15, 11});
}

TEST_CASE(
    "random convolutions equal the brute-force oracle: dense, grouped, depthwise, asymmetric, strided, "
    "leaky") {
  struct Case {
    std::int64_t in, out, groups;
    Window geometry;
  };
  const auto c =
      GENERATE(values<Case>({{3, 8, 1, window(3, 2, 0, 1)},
                             {17, 5, 1, window(1)},
                             {4, 6, 2, window(3, 1, 1, 1)},
                             {6, 6, 3, {2, 3, 1, 2, 0, 2, 1, 0, false}},
                             {9, 9, 9, window(3, 1, 1, 1)},
                             {9, 9, 9, {5, 3, 2, 1, 3, 0, 2, 1, false}},
                             {5, 10, 5, window(3, 1, 1, 0)},  // depthwise with a channel multiplier
                             {2, 3, 1, window(7, 3, 6, 6)}}));
  for (const bool leaky : {false, true}) {
    QuantizedBuilder builder({c.in, 8, 9}, 11);
    const TensorId output = builder.conv(builder.graph().input, c.out, c.geometry, c.groups, leaky);
    compare_with_oracle(builder, output);
  }
}

TEST_CASE("16-bit data with a 48-bit accumulator equals the oracle") {
  for (const std::int64_t groups : {1, 8}) {
    QuantizedBuilder builder({8, 7, 6}, 12, 16, 48);
    const TensorId output = builder.conv(builder.graph().input, 8, window(3, 1, 1, 1), groups, true);
    compare_with_oracle(builder, output);
  }
}

TEST_CASE("asymmetric weights, less their zero point, equal the oracle") {
  for (const std::int64_t groups : {1, 2, 8}) {
    INFO(groups << " groups");
    QuantizedBuilder builder({8, 7, 6}, 14);
    const TensorId output = builder.conv(builder.graph().input, 8, window(3, 1, 1, 1), groups, groups == 2);
    auto& conv = builder.last<QConv>();
    conv.weight_zero_point = -57;
    conv.weights[5] = -128;
    compare_with_oracle(builder, output);
  }
}

TEST_CASE("multipliers by channel equal the oracle") {
  QuantizedBuilder builder({6, 5, 5}, 13);
  const TensorId output = builder.conv(builder.graph().input, 4, window(3));
  builder.last<QConv>().channel_multiplier = {40000, 50000, 33000, 65535};
  builder.last<QConv>().channel_shift = {0, 1, 2, 30};  // beyond shift_bits: allowed in this scheme
  compare_with_oracle(builder, output);
}

TEST_CASE("element-wise operators and pools equal the oracle, padded windows included") {
  for (std::uint64_t seed = 20; seed < 25; ++seed) {
    INFO("seed " << seed);
    QuantizedBuilder builder({5, 9, 7}, seed);
    const TensorId first = builder.conv(builder.graph().input, 5, window(3, 1, 1, 1));
    const TensorId second = builder.rescale(builder.add(first, builder.graph().input));
    const TensorId pooled = builder.max_pool(second, {3, 2, 1, 1, 1, 0, 1, 1, false});
    const TensorId other =
        builder.rescale(builder.average_pool(second, {3, 2, 1, 1, 1, 0, 1, 1, false}, true));
    // Concatenated tensors share scale and zero point.
    builder.graph().tensors[static_cast<std::size_t>(other)].zero_point =
        builder.graph().tensors[static_cast<std::size_t>(pooled)].zero_point;
    builder.last<QRescale>().stage.zero_point =
        builder.graph().tensors[static_cast<std::size_t>(pooled)].zero_point;
    const TensorId joined = builder.concat({pooled, other});
    compare_with_oracle(builder, builder.average_pool(joined, {9, 7, 1, 1, 0, 0, 0, 0, false}, false));
  }
}

TEST_CASE("an input of the wrong size or beyond the type's range is refused") {
  QuantizedBuilder builder({2, 3, 3}, 30);
  const auto graph = builder.finish(builder.conv(builder.graph().input, 2, window(1)));
  auto input = builder.random_input();
  input[4] = 128;
  CHECK_THROWS_WITH(interpret(graph, input), Catch::Contains("value 4 is 128"));
  input.pop_back();
  CHECK_THROWS_WITH(interpret(graph, input), Catch::Contains("17") && Catch::Contains("18"));
  CHECK_THROWS_AS(interpret(graph, input), GraphError);
}

TEST_CASE("a graph that is not valid is refused before anything is read") {
  QuantizedBuilder builder({2, 3, 3}, 31);
  auto graph = builder.finish(builder.conv(builder.graph().input, 2, window(1)));
  std::get<QConv>(graph.nodes[0].op).weights.pop_back();
  CHECK_THROWS_AS(interpret(graph, builder.random_input()), GraphError);
}
