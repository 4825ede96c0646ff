// Does the float runtime compute what the operators mean? Every value of every network is compared with the
// naive evaluator.
#include <cmath>

#include "compiler/data/float_runtime.h"
#include "hw/common/error.h"
#include "tests/compiler/data/graph_builder.h"

using namespace npu;
using namespace npu::compiler;
using namespace npu::tests;

namespace {

void require_close(std::span<const float> found, const std::vector<double>& expected,
                   const std::string& value) {
  REQUIRE(found.size() == expected.size());
  std::size_t worst = 0;
  double worst_difference = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const double difference = std::abs(found[i] - expected[i]) / (1 + std::abs(expected[i]));
    if (!(difference <= worst_difference)) {  // a NaN is worst of all
      worst = i;
      worst_difference = difference;
    }
  }
  INFO(value << "[" << worst << "] is " << found[worst] << ", expected " << expected[worst]);
  REQUIRE(worst_difference <= 2e-5);
}

// Twice with an observer, once without: buffers are reused between runs.
void compare(const Graph& graph, const std::vector<float>& input) {
  FloatRuntime runtime(graph, 1);
  const auto expected = evaluate_naively(graph, input);
  for (int repetition = 0; repetition < 2; ++repetition) {
    std::size_t seen = 0;
    const auto output = runtime.run(input, [&](const std::string& value, std::span<const float> data) {
      require_close(data, expected.at(value), value);
      ++seen;
    });
    REQUIRE(seen == graph.nodes.size() + 1);
    require_close(output, expected.at(graph.output), "output");
  }
  require_close(runtime.run(input), expected.at(graph.output), "output without observer");
}

}  // namespace

TEST_CASE("convolutions of every kind equal the naive evaluator") {
  struct Case {
    std::int64_t in, out, groups;
    Window geometry;
  };
  const auto c = GENERATE(values<Case>({
      {3, 16, 1, window(3, 2, {0, 0, 1, 1})},
      {3, 5, 1, window(7, 2, {2, 2, 3, 3})},
      {16, 16, 16, window(3, 1, {1, 1, 1, 1})},
      {16, 16, 16, window(3, 2, {0, 0, 1, 1})},
      {7, 7, 7, window(5, 1, {2, 2, 2, 2})},
      {12, 24, 3, window(3, 1, {1, 0, 0, 1})},
      {8, 16, 8, window(3, 1, {1, 1, 1, 1})},
      {32, 17, 1, window(1)},
      {32, 64, 1, window(1, 2)},
      {9, 4, 1, {1, 3, 1, 1, 0, 1, 0, 1, false}},
      {9, 4, 1, {3, 1, 2, 1, 1, 0, 1, 0, false}},
  }));
  for (const auto& activation : {Activation{}, relu(), clamp(0, 0.4F), clamp(-0.2F, 0.3F), leaky(0.1F)}) {
    for (const bool bias : {true, false}) {
      GraphBuilder builder({c.in, 13, 11}, 1);
      const auto output = builder.conv("input", c.out, c.geometry, c.groups, activation, bias);
      compare(builder.finish(output), builder.random_input());
    }
  }
}

TEST_CASE("pools of every kind equal the naive evaluator, ceil mode and padding included") {
  const auto geometry = GENERATE(values<Window>(
      {window(2, 2), window(3, 2, {1, 1, 1, 1}), window(3, 2, {0, 0, 1, 1}), window(3, 2, {0, 0, 0, 0}, true),
       window(3, 2, {1, 1, 1, 1}, true), window(5, 3, {2, 1, 0, 2}, true), window(3, 3, {0, 0, 0, 0}, true),
       Window{2, 3, 1, 2, 1, 0, 0, 2, true}}));
  for (const std::int64_t channels : {5, 16}) {
    GraphBuilder builder({channels, 12, 10}, 2);
    std::vector<std::string> outputs;
    outputs.push_back(builder.node(MaxPoolOp{geometry}, {"input"}));
    outputs.push_back(builder.node(AveragePoolOp{geometry, false}, {"input"}));
    outputs.push_back(builder.node(AveragePoolOp{geometry, true}, {"input"}));
    compare(builder.finish(builder.node(ConcatOp{}, outputs)), builder.random_input(-2, 1));
  }
}

TEST_CASE("element-wise operators, batch norm, concat, pad, gemm, softmax equal the naive evaluator") {
  GraphBuilder builder({6, 9, 8}, 3);
  const auto convolved = builder.conv("input", 6, window(3, 1, {1, 1, 1, 1}));
  BatchNormOp norm;
  norm.scale = builder.random_array(6, 0.5F, 2);
  norm.bias = builder.random_array(6, -1, 1);
  norm.mean = builder.random_array(6, -0.5F, 0.5F);
  norm.variance = builder.random_array(6, 0.1F, 3);
  norm.epsilon = 1e-3F;
  const auto normed = builder.node(norm, {convolved});
  const auto relu6 = builder.node(ActivationOp{clamp(0, 6)}, {normed});
  const auto leaked = builder.node(ActivationOp{leaky(0.2F)}, {normed});
  const auto sum = builder.node(AddOp{}, {relu6, "input"});
  const auto clamped_sum = builder.node(AddOp{relu()}, {leaked, sum});
  const auto padded = builder.node(PadOp{1, 0, 0, 2}, {clamped_sum});
  const auto same = builder.node(IdentityOp{}, {padded});
  const auto joined = builder.node(ConcatOp{}, {same, padded, same});
  const auto small = builder.conv(joined, 10, window(5, 3), 1, relu());
  GemmOp hidden{12, builder.random_array(12 * builder.shape(small).elements(), -0.2F, 0.2F), make_array({})};
  const auto flat = builder.node(FlattenOp{}, {small});
  const auto features = builder.node(hidden, {flat});
  GemmOp classifier{7, builder.random_array(7 * 12, -1, 1), builder.random_array(7, -1, 1)};
  const auto logits = builder.node(classifier, {features});
  compare(builder.finish(builder.node(SoftmaxOp{}, {logits})), builder.random_input());
}

TEST_CASE("a network that adds and concatenates values of different layouts equals the naive evaluator") {
  GraphBuilder builder({3, 17, 15}, 4);
  const auto stem = builder.conv("input", 32, window(3, 2, {1, 1, 1, 1}), 1, clamp(0, 6));
  const auto depthwise = builder.conv(stem, 32, window(3, 1, {1, 1, 1, 1}), 32, clamp(0, 6));
  const auto narrow = builder.conv(depthwise, 19, window(1));
  const auto wide = builder.conv(narrow, 96, window(1), 1, clamp(0, 6));
  const auto back = builder.conv(wide, 19, window(1));
  const auto residual = builder.node(AddOp{}, {narrow, back});
  const auto joined = builder.node(ConcatOp{}, {residual, stem, wide});
  const auto pooled = builder.node(GlobalAveragePoolOp{}, {joined});
  const auto flat = builder.node(FlattenOp{}, {pooled});
  compare(builder.finish(builder.conv(flat, 10, window(1))), builder.random_input());
}

TEST_CASE("an input of the wrong size is refused with both sizes") {
  GraphBuilder builder({3, 4, 4}, 5);
  FloatRuntime runtime(builder.finish(builder.conv("input", 2, window(1))));
  REQUIRE_THROWS_AS(runtime.run(std::vector<float>(47)), InputError);
  REQUIRE_THROWS_WITH(runtime.run(std::vector<float>(47)), Catch::Contains("47") && Catch::Contains("48"));
}

TEST_CASE("any number of threads gives the same floats") {
  GraphBuilder builder({16, 20, 20}, 6);
  const auto wide = builder.conv("input", 64, window(3, 1, {1, 1, 1, 1}), 1, relu());
  const auto graph = builder.finish(builder.conv(wide, 24, window(1)));
  const auto input = builder.random_input();
  const auto expected = FloatRuntime(graph, 1).run(input);
  for (const int threads : {0, 2, 5}) CHECK(FloatRuntime(graph, threads).run(input) == expected);
}
