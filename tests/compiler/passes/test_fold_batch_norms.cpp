// Does folding batch norms keep the network's function and what calibration needs of their statistics?
#include "tests/compiler/passes/pass_support.h"

using namespace npu::compiler;
using namespace npu::tests;

TEST_CASE("fold_batch_norms folds into the convolution in front and keeps its statistics") {
  for (const std::int64_t groups : {1, 2, 6}) {
    TestRandom random(8);
    GraphMaker maker({6, 5, 5});
    maker.then("conv", random_conv(6, 12, 3, 2, 1, groups, random));
    const BatchNormOp norm = random_norm(12, random);
    maker.then("norm", norm);
    const Graph after = check_pass(fold_batch_norms, maker.graph);
    REQUIRE(operators(after) == Names{"conv"});
    CHECK(after.output == "norm");
    const ConvOp& conv = conv_at(after, 0);
    CHECK(*conv.output_mean == *norm.bias);
    for (std::size_t channel = 0; channel < 12; ++channel) {
      CHECK((*conv.output_deviation)[channel] == std::fabs((*norm.scale)[channel]));
    }
  }
}

TEST_CASE("fold_batch_norms folds a bias addition without taking it for statistics") {
  TestRandom random(9);
  GraphMaker maker({3, 5, 5});
  ConvOp conv = random_conv(3, 2, 3, 1, 1, 1, random);
  conv.bias = empty_array();
  maker.then("conv", conv);
  maker.then("add", plain_affine(make_array({1, 1}), make_array({0.5F, -2})));
  const Graph after = check_pass(fold_batch_norms, maker.graph);
  REQUIRE(operators(after) == Names{"conv"});
  CHECK(*conv_at(after, 0).bias == std::vector<float>{0.5F, -2});
  CHECK(*conv_at(after, 0).weights == *conv.weights);
  CHECK(conv_at(after, 0).output_mean->empty());
}

TEST_CASE("fold_batch_norms moves known statistics through a following scaling") {
  TestRandom random(10);
  GraphMaker maker({3, 5, 5});
  maker.then("conv", random_conv(3, 2, 3, 1, 1, 1, random));
  BatchNormOp norm = random_norm(2, random);
  norm.bias = make_array({1, 2});
  norm.scale = make_array({3, -4});
  maker.then("norm", norm);
  maker.then("scale", plain_affine(make_array({-2, 0.5F}), make_array({10, 20})));
  const Graph after = check_pass(fold_batch_norms, maker.graph);
  REQUIRE(operators(after) == Names{"conv"});
  CHECK(*conv_at(after, 0).output_mean == std::vector<float>{8, 21});
  CHECK(*conv_at(after, 0).output_deviation == std::vector<float>{6, 2});
}

TEST_CASE("fold_batch_norms folds into convolutions behind where padding allows it") {
  TestRandom random(11);
  GraphMaker maker({4, 5, 5});
  maker.add("norm", random_norm(4, random), {"input"});
  maker.add("a", random_conv(4, 6, 3, 1, 0, 2, random), {"norm"});
  maker.add("b", random_conv(4, 6, 3, 1, 0, 1, random), {"norm"});
  maker.add("sum", AddOp{}, {"a", "b"});
  CHECK(operators(check_pass(fold_batch_norms, maker.graph)) == Names{"conv", "conv", "add"});

  // With padding an offset would be added outside the map, too; a factor alone does no harm.
  GraphMaker padded({4, 5, 5});
  padded.then("norm", random_norm(4, random));
  padded.then("conv", random_conv(4, 6, 3, 1, 1, 1, random));
  CHECK(operators(check_pass(fold_batch_norms, padded.graph)) == Names{"conv", "conv"});
  padded.graph.nodes[0].op = plain_affine(make_array({2, 3, -4, 5}), make_array({0, 0, 0, 0}));
  CHECK(operators(check_pass(fold_batch_norms, padded.graph)) == Names{"conv"});
}

TEST_CASE("fold_batch_norms makes a depthwise convolution where it cannot fold") {
  TestRandom random(12);
  GraphMaker maker({4, 5, 5});
  maker.add("conv", random_conv(4, 4, 3, 1, 1, 1, random), {"input"});
  maker.add("norm", random_norm(4, random), {"conv"});  // the convolution has another user
  maker.add("sum", AddOp{}, {"conv", "norm"});
  maker.add("second", random_norm(4, random), {"sum"});  // behind an addition, in front of a ReLU
  maker.add("relu", make_clamp(0, 6), {"second"});
  const Graph after = check_pass(fold_batch_norms, maker.graph);
  CHECK(operators(after) == Names{"conv", "conv", "add", "conv", "activation"});
  CHECK(conv_at(after, 1).groups == 4);
  CHECK(conv_at(after, 1).window == Window{});
  CHECK_FALSE(conv_at(after, 1).output_mean->empty());
}

TEST_CASE("fold_batch_norms does not fold through an activation or at the network's output") {
  TestRandom random(13);
  GraphMaker maker({4, 5, 5});
  ConvOp conv = random_conv(4, 4, 3, 1, 1, 1, random);
  conv.activation = make_clamp(0, 1).activation;
  maker.then("conv", conv);
  maker.then("norm", random_norm(4, random));
  CHECK(operators(check_pass(fold_batch_norms, maker.graph)) == Names{"conv", "conv"});
}
