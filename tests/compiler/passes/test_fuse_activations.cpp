// Which activations become part of another operator, and which must stay?
#include "tests/compiler/passes/pass_support.h"

using namespace npu::compiler;
using namespace npu::tests;

TEST_CASE("fuse_activations fuses into convolutions and additions that nothing else reads") {
  TestRandom random(15);
  GraphMaker maker({2, 5, 5});
  maker.add("conv", random_conv(2, 2, 3, 1, 1, 1, random), {"input"});
  maker.add("relu", make_clamp(0, kInfinity), {"conv"});
  maker.add("sum", AddOp{}, {"relu", "input"});
  maker.add("leaky", make_leaky(0.1F), {"sum"});
  const Graph after = check_pass(fuse_activations, maker.graph);
  REQUIRE(operators(after) == Names{"conv", "add"});
  CHECK(after.nodes[0].output == "relu");
  CHECK(after.output == "leaky");
  CHECK(std::get<AddOp>(after.nodes[1].op).activation.alpha == 0.1F);
}

TEST_CASE("fuse_activations keeps an activation whose input has another reader") {
  TestRandom random(16);
  GraphMaker maker({2, 5, 5});
  maker.add("conv", random_conv(2, 2, 3, 1, 1, 1, random), {"input"});
  maker.add("relu", make_clamp(0, kInfinity), {"conv"});
  maker.add("sum", AddOp{}, {"relu", "conv"});
  CHECK(operators(check_pass(fuse_activations, maker.graph)) == Names{"conv", "activation", "add"});
  maker.graph.output = "conv";
  maker.graph.nodes.resize(1);
  maker.add("relu_of_input", make_clamp(0, 1), {"input"});
  maker.add("sum", AddOp{}, {"relu_of_input", "conv"});
  CHECK(operators(check_pass(fuse_activations, maker.graph)) == Names{"conv", "activation", "add"});
}

TEST_CASE("fuse_activations composes activations where one function does the same") {
  TestRandom random(17);
  struct Case {
    ActivationOp first, second;
    Names expected;
  };
  const std::vector<Case> cases{
      {make_clamp(0, kInfinity), make_clamp(-kInfinity, 0.5F), {"conv"}},
      {make_clamp(-1, 1), make_clamp(2, 3), {"conv"}},
      {make_clamp(-0.25F, 3), make_clamp(-1, 0.5F), {"conv"}},
      {make_leaky(0.1F), make_clamp(0, 1), {"conv"}},
      {make_clamp(0.25F, 1), make_leaky(-3), {"conv"}},
      {make_leaky(-0.1F), make_clamp(0, 1), {"conv", "activation"}},
      {make_leaky(0.1F), make_clamp(-1, 1), {"conv", "activation"}},
      {make_leaky(0.1F), make_leaky(0.1F), {"conv", "activation"}},
      {make_clamp(-1, 1), make_leaky(0.1F), {"conv", "activation"}},
  };
  for (const Case& test : cases) {
    GraphMaker maker({2, 5, 5});
    maker.then("conv", random_conv(2, 2, 3, 1, 1, 1, random));
    maker.then("first", test.first);
    maker.then("second", test.second);
    CHECK(operators(check_pass(fuse_activations, maker.graph)) == test.expected);
  }
}

TEST_CASE("fuse_activations moves activations through max pools and concats into their producers") {
  TestRandom random(18);
  GraphMaker maker({2, 6, 6});
  maker.add("a", random_conv(2, 2, 3, 1, 1, 1, random), {"input"});
  maker.add("b", random_conv(2, 3, 3, 1, 1, 1, random), {"input"});
  maker.add("pool", MaxPoolOp{{2, 2, 1, 1, 0, 0, 1, 1, false}}, {"a"});
  maker.add("concat", ConcatOp{}, {"pool", "b"});
  maker.add("again", MaxPoolOp{{2, 2, 2, 2, 0, 0, 0, 0, false}}, {"concat"});
  maker.add("relu", make_clamp(0, kInfinity), {"again"});
  maker.add("limit", make_clamp(0, 0.5F), {"relu"});
  const Graph after = check_pass(fuse_activations, maker.graph);
  REQUIRE(operators(after) == Names{"conv", "conv", "max_pool", "concat", "max_pool"});
  CHECK(after.output == "limit");
  CHECK(conv_at(after, 0).activation == make_clamp(0, 0.5F).activation);
  // A value that keeps its name keeps its contents.
  TestRandom inputs(19);
  const std::vector<double> input = random_input({2, 6, 6}, inputs);
  const Values original = evaluate_all(maker.graph, input);
  int kept = 0;
  for (const auto& [name, data] : evaluate_all(after, input)) {
    if (original.contains(name)) {
      CHECK(relative_difference(original.at(name), data) < kTolerance);
      ++kept;
    }
  }
  CHECK(kept == 2);  // input and output: everything between was clamped
}

TEST_CASE("fuse_activations leaves what cannot be moved") {
  TestRandom random(20);
  GraphMaker average({2, 6, 6});
  average.then("conv", random_conv(2, 2, 3, 1, 1, 1, random));
  average.then("pool", AveragePoolOp{{2, 2, 2, 2, 0, 0, 0, 0, false}, false});
  average.then("relu", make_clamp(0, 1));
  CHECK(operators(check_pass(fuse_activations, average.graph)) ==
        Names{"conv", "average_pool", "activation"});

  GraphMaker falling({2, 6, 6});
  falling.then("conv", random_conv(2, 2, 3, 1, 1, 1, random));
  falling.then("pool", MaxPoolOp{{2, 2, 2, 2, 0, 0, 0, 0, false}});
  falling.then("leaky", make_leaky(-0.5F));
  CHECK(operators(check_pass(fuse_activations, falling.graph)) == Names{"conv", "max_pool", "activation"});

  GraphMaker from_input({2, 6, 6});
  from_input.then("pool", MaxPoolOp{{2, 2, 2, 2, 0, 0, 0, 0, false}});
  from_input.then("relu", make_clamp(0, 1));
  CHECK(operators(check_pass(fuse_activations, from_input.graph)) == Names{"max_pool", "activation"});
}
