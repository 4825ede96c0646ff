// Each pass alone: what it does to a small graph, that the network's function stays, and what it refuses.
#include <cmath>
#include <limits>

#include "compiler/passes/passes.h"
#include "tests/compiler/graph/graph_maker.h"
#include "tests/compiler/graph/naive_evaluator.h"

using namespace npu::compiler;
using namespace npu::tests;

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr double kTolerance = 1e-6;

using Pass = Graph (*)(Graph graph);

/// Runs the pass, verifies its result and compares outputs on three random inputs.
Graph check_pass(Pass pass, const Graph& before) {
  verify_graph(before);
  Graph after = pass(before);
  verify_graph(after);
  TestRandom random(7);
  for (int repeat = 0; repeat < 3; ++repeat) {
    const std::vector<double> input = random_input(before.input_shape, random);
    CHECK(relative_difference(evaluate(before, input), evaluate(after, input)) < kTolerance);
  }
  return after;
}

std::vector<std::string> operators(const Graph& graph) {
  std::vector<std::string> names;
  for (const Node& node : graph.nodes) {
    names.emplace_back(operator_name(node.op));
  }
  return names;
}

using Names = std::vector<std::string>;

ConvOp random_conv(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride,
                   std::int64_t pad, std::int64_t groups, TestRandom& random) {
  ConvOp conv =
      make_conv(out, kernel, stride, pad, random_array(out * in / groups * kernel * kernel, random));
  conv.groups = groups;
  conv.bias = random_array(out, random);
  return conv;
}

BatchNormOp random_norm(std::int64_t channels, TestRandom& random) {
  BatchNormOp norm;
  norm.scale = random_array(channels, random);
  norm.bias = random_array(channels, random);
  norm.mean = random_array(channels, random);
  norm.variance = random_array(channels, random, 0.25F, 2.0F);
  norm.epsilon = 1e-3F;
  return norm;
}

/// What importing "x + constant" makes.
BatchNormOp plain_affine(FloatArray scale, FloatArray bias) {
  const std::size_t channels = scale->size();
  BatchNormOp norm;
  norm.scale = std::move(scale);
  norm.bias = std::move(bias);
  norm.mean = make_array(std::vector<float>(channels, 0.0F));
  norm.variance = make_array(std::vector<float>(channels, 1.0F));
  norm.epsilon = 0;
  return norm;
}

const ConvOp& conv_at(const Graph& graph, std::size_t index) {
  return std::get<ConvOp>(graph.nodes.at(index).op);
}

}  // namespace

TEST_CASE("remove_dead_nodes keeps what the output needs and nothing else") {
  GraphMaker maker({2, 4, 4});
  maker.add("used", make_clamp(0, 1), {"input"});
  maker.add("dead", make_clamp(0, 2), {"used"});
  maker.add("dead_too", make_clamp(0, 3), {"dead"});
  maker.add("last", make_clamp(0, 4), {"used"});
  const Graph after = remove_dead_nodes(maker.graph);
  verify_graph(after);
  REQUIRE(after.nodes.size() == 2);
  CHECK(after.nodes[0].name == "used");
  CHECK(after.nodes[1].name == "last");
}

TEST_CASE("remove_identities removes every operator that does nothing, and keeps the output's name") {
  TestRandom random(1);
  GraphMaker maker({2, 4, 4});
  maker.then("identity", IdentityOp{});
  maker.then("concat", ConcatOp{});
  maker.then("clamp", make_clamp(-kInfinity, kInfinity));
  maker.then("none", ActivationOp{});
  maker.then("leaky", make_leaky(1));
  maker.then("pad", PadOp{});
  maker.then("max", MaxPoolOp{});
  maker.then("average", AveragePoolOp{});
  maker.then("conv", random_conv(2, 3, 4, 1, 0, 1, random));
  maker.then("flatten", FlattenOp{});
  maker.then("global", GlobalAveragePoolOp{});
  const Graph after = check_pass(remove_identities, maker.graph);
  CHECK(operators(after) == Names{"conv"});
  CHECK(after.output == "global");
  CHECK(after.nodes[0].inputs == Names{"input"});
}

TEST_CASE("remove_identities leaves operators that do something") {
  TestRandom random(1);
  GraphMaker maker({2, 4, 4});
  maker.then("clamp", make_clamp(-kInfinity, 6));
  maker.then("leaky", make_leaky(0.5F));
  maker.then("pad", PadOp{0, 0, 0, 1});
  maker.then("max", MaxPoolOp{{1, 1, 2, 1, 0, 0, 0, 0, false}});
  maker.then("global", GlobalAveragePoolOp{});
  CHECK(check_pass(remove_identities, maker.graph).nodes.size() == 5);
}

TEST_CASE("remove_identities refuses a network that computes nothing") {
  GraphMaker maker({2, 4, 4});
  maker.then("identity", IdentityOp{});
  expect_graph_error([&] { remove_identities(maker.graph); }, "test", {"computes nothing"});
}

TEST_CASE("cut_softmax cuts one softmax off the end and says so") {
  TestRandom random(1);
  GraphMaker maker({2, 1, 1});
  maker.then("conv", random_conv(2, 3, 1, 1, 0, 1, random));
  maker.then("softmax", SoftmaxOp{});
  const Graph after = cut_softmax(maker.graph);
  verify_graph(after);
  CHECK(after.ends_in_softmax);
  CHECK(after.output == "conv");
  CHECK(operators(after) == Names{"conv"});
  CHECK_FALSE(cut_softmax(remove_dead_nodes(after)).nodes.empty());
}

TEST_CASE("cut_softmax leaves a network without softmax as it is") {
  GraphMaker maker({2, 1, 1});
  maker.then("relu", make_clamp(0, 6));
  const Graph after = check_pass(cut_softmax, maker.graph);
  CHECK_FALSE(after.ends_in_softmax);
  CHECK(after.output == "relu");
}

TEST_CASE("merge_pads moves padding into convolutions, one pad into several users") {
  TestRandom random(2);
  GraphMaker maker({2, 5, 6});
  maker.add("pad", PadOp{0, 1, 2, 3}, {"input"});
  maker.add("more", PadOp{1, 0, 0, 1}, {"pad"});
  maker.add("a", random_conv(2, 3, 3, 1, 1, 1, random), {"more"});
  maker.add("b", random_conv(2, 3, 3, 1, 1, 1, random), {"more"});
  maker.add("sum", AddOp{}, {"a", "b"});
  const Graph after = check_pass(merge_pads, maker.graph);
  CHECK(operators(after) == Names{"conv", "conv", "add"});
  CHECK(conv_at(after, 0).window == Window{3, 3, 1, 1, 2, 2, 3, 5, false});
}

TEST_CASE("merge_pads lets average pools count the zeros") {
  for (const bool own_padding : {false, true}) {
    GraphMaker maker({2, 6, 6});
    maker.then("pad", PadOp{1, 0, 0, 1});
    const std::int64_t own = own_padding ? 1 : 0;
    maker.then("pool", AveragePoolOp{{3, 3, 2, 2, own, own, own, own, false}, own_padding});
    const Graph after = check_pass(merge_pads, maker.graph);
    REQUIRE(operators(after) == Names{"average_pool"});
    CHECK(std::get<AveragePoolOp>(after.nodes[0].op).count_include_pad);
  }
}

TEST_CASE("merge_pads moves padding into a max pool behind a ReLU, through other operators") {
  TestRandom random(3);
  GraphMaker maker({2, 6, 6});
  maker.add("relu", make_clamp(0, 6), {"input"});
  maker.add("average", AveragePoolOp{{2, 2, 1, 1, 0, 0, 0, 0, false}, false}, {"relu"});
  maker.add("concat", ConcatOp{}, {"average", "average"});
  maker.add("sum", AddOp{}, {"concat", "concat"});
  maker.add("pad", PadOp{1, 1, 1, 1}, {"sum"});
  maker.add("pool", MaxPoolOp{{3, 3, 2, 2, 0, 0, 0, 0, false}}, {"pad"});
  const Graph after = check_pass(merge_pads, maker.graph);
  CHECK(operators(after) == Names{"activation", "average_pool", "concat", "add", "max_pool"});
}

TEST_CASE("merge_pads refuses what would change the result, with the reason") {
  TestRandom random(4);
  const auto expect = [](const std::function<void(GraphMaker&)>& build,
                         std::initializer_list<const char*> parts) {
    GraphMaker maker({2, 6, 6});
    maker.then("pad", PadOp{1, 1, 1, 1});
    build(maker);
    verify_graph(maker.graph);
    expect_graph_error([&] { merge_pads(maker.graph); }, "pad", parts);
  };
  const Window window{3, 3, 2, 2, 0, 0, 0, 0, false};
  expect([&](GraphMaker& m) { m.then("pool", MaxPoolOp{window}); }, {"max_pool 'pool'", "may be negative"});
  expect(
      [&](GraphMaker& m) {
        m.then("pool", AveragePoolOp{{3, 3, 2, 2, 1, 0, 0, 0, false}, false});
      },
      {"average_pool 'pool'", "padding of its own"});
  expect(
      [&](GraphMaker& m) {
        m.then("pool", AveragePoolOp{{3, 3, 2, 2, 0, 0, 0, 0, true}, false});
      },
      {"ceil_mode"});
  expect(
      [&](GraphMaker& m) {
        m.then("pool", AveragePoolOp{{1, 1, 2, 2, 0, 0, 0, 0, false}, false});
      },
      {"padding alone"});
  expect([&](GraphMaker& m) { m.then("norm", random_norm(2, random)); },
         {"batch_norm 'norm'", "cannot take it over"});
  expect([&](GraphMaker&) {}, {"end of the network"});
  // Behind a clamp that allows negative numbers, or behind a convolution, a zero may win.
  GraphMaker maker({2, 6, 6});
  maker.then("clamp", make_clamp(-1, 1));
  maker.then("pad", PadOp{1, 1, 1, 1});
  maker.then("pool", MaxPoolOp{window});
  expect_graph_error([&] { merge_pads(maker.graph); }, "pad", {"may be negative"});
}

TEST_CASE("gemms_to_convolutions keeps ONNX's order of flattened maps") {
  TestRandom random(5);
  GraphMaker maker({3, 4, 5});
  maker.then("flatten", FlattenOp{});
  maker.then("relu", make_clamp(0, 1));
  maker.then("hidden", GemmOp{7, random_array(7 * 60, random), random_array(7, random)});
  maker.then("again", FlattenOp{});
  maker.then("logits", GemmOp{4, random_array(4 * 7, random), empty_array()});
  const Graph after = check_pass(gemms_to_convolutions, maker.graph);
  CHECK(operators(after) == Names{"activation", "conv", "conv"});
  CHECK(conv_at(after, 1).window == Window{4, 5, 1, 1, 0, 0, 0, 0, false});
  CHECK(infer_shapes(after).at("relu") == MapShape{3, 4, 5});
  CHECK(conv_at(after, 1).weights == std::get<GemmOp>(maker.graph.nodes[2].op).weights);
}

TEST_CASE("gemms_to_convolutions drops a flatten at the end, and only there") {
  TestRandom random(6);
  GraphMaker maker({3, 4, 5});
  maker.then("conv", random_conv(3, 2, 3, 1, 0, 1, random));
  maker.then("flatten", FlattenOp{});
  const Graph after = check_pass(gemms_to_convolutions, maker.graph);
  CHECK(operators(after) == Names{"conv"});
  CHECK(after.output == "flatten");
  CHECK(infer_shapes(after).at("flatten") == MapShape{2, 2, 3});

  maker.add("twice", ConcatOp{}, {"flatten", "flatten"});
  const Graph kept = check_pass(gemms_to_convolutions, maker.graph);
  expect_graph_error([&] { check_canonical(kept); }, "flatten", {"something else", "supported is"});
}

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

TEST_CASE("expand_global_pools makes windows of the whole map") {
  GraphMaker maker({4, 5, 7});
  maker.then("global", GlobalAveragePoolOp{});
  const Graph after = check_pass(expand_global_pools, maker.graph);
  CHECK(std::get<AveragePoolOp>(after.nodes[0].op).window == Window{5, 7, 1, 1, 0, 0, 0, 0, false});
}

TEST_CASE("normalise_windows makes ceil_mode explicit and drops padding that no window reaches") {
  const auto window_after = [](const MapShape& shape, Operator op) {
    GraphMaker maker(shape);
    maker.then("op", std::move(op));
    const Graph after = check_pass(normalise_windows, maker.graph);
    const Operator& result = after.nodes[0].op;
    return std::holds_alternative<MaxPoolOp>(result) ? std::get<MaxPoolOp>(result).window
           : std::holds_alternative<ConvOp>(result)  ? std::get<ConvOp>(result).window
                                                     : std::get<AveragePoolOp>(result).window;
  };
  TestRandom random(14);
  CHECK(window_after({2, 12, 12}, MaxPoolOp{{3, 3, 2, 2, 0, 0, 0, 0, true}}) ==
        Window{3, 3, 2, 2, 0, 0, 1, 1, false});
  CHECK(window_after({2, 13, 12}, MaxPoolOp{{3, 3, 2, 2, 0, 0, 0, 0, true}}) ==
        Window{3, 3, 2, 2, 0, 0, 0, 1, false});
  CHECK(window_after({2, 12, 12}, AveragePoolOp{{3, 3, 2, 2, 0, 0, 0, 0, true}, true}) ==
        Window{3, 3, 2, 2, 0, 0, 1, 1, false});
  CHECK(window_after({2, 12, 12}, AveragePoolOp{{3, 3, 2, 2, 1, 1, 1, 1, false}, true}) ==
        Window{3, 3, 2, 2, 1, 1, 0, 0, false});
  CHECK(window_after({2, 12, 13}, random_conv(2, 3, 3, 2, 1, 1, random)) ==
        Window{3, 3, 2, 2, 1, 1, 0, 1, false});
  CHECK(window_after({2, 6, 6}, random_conv(2, 3, 1, 5, 3, 1, random)) ==
        Window{1, 1, 5, 5, 3, 3, 2, 2, false});
}

TEST_CASE("normalise_windows makes counted padding part of the map where ceil mode reaches beyond it") {
  const auto pools_of = [](MapShape shape, const Window& window) {
    GraphMaker maker(shape);
    maker.then("pool", AveragePoolOp{window, true});
    return check_pass(normalise_windows, maker.graph);
  };
  const Graph plain = pools_of({2, 13, 13}, {3, 3, 3, 3, 1, 1, 1, 1, true});
  CHECK(std::get<AveragePoolOp>(plain.nodes[0].op).count_include_pad);
  for (const std::int64_t height : {11, 12, 13}) {
    for (const std::int64_t width : {10, 12, 14}) {
      for (const Window& window : {Window{3, 3, 3, 3, 1, 1, 1, 1, true}, Window{4, 3, 3, 2, 2, 0, 1, 2, true},
                                   Window{2, 5, 2, 4, 0, 3, 1, 0, true}}) {
        const Graph after = pools_of({2, height, width}, window);
        const auto& pool = std::get<AveragePoolOp>(after.nodes.back().op);
        CHECK_FALSE(pool.window.ceil_mode);
        CHECK((after.nodes.size() == 1 || !pool.count_include_pad));
      }
    }
  }
  const Graph split = pools_of({2, 12, 12}, {3, 3, 3, 3, 1, 1, 1, 1, true});
  REQUIRE(split.nodes.size() == 2);
  CHECK(split.nodes[1].inputs[0] == split.nodes[0].output);
}

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

TEST_CASE("check_canonical refuses a softmax and a flatten in the middle") {
  GraphMaker maker({2, 1, 1});
  maker.then("softmax", SoftmaxOp{});
  expect_graph_error([&] { check_canonical(maker.graph); }, "softmax", {"second one"});
  maker.graph.nodes[0].op = IdentityOp{};
  expect_graph_error([&] { check_canonical(maker.graph); }, "softmax", {"identity", "internal error"});
}
