// Passes that remove, cut or rename: what each does to a small graph, that the network's function stays, what
// it refuses.
#include "tests/compiler/passes/pass_support.h"

using namespace npu::compiler;
using namespace npu::tests;

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

TEST_CASE("check_canonical refuses a softmax and a flatten in the middle") {
  GraphMaker maker({2, 1, 1});
  maker.then("softmax", SoftmaxOp{});
  expect_graph_error([&] { check_canonical(maker.graph); }, "softmax", {"second one"});
  maker.graph.nodes[0].op = IdentityOp{};
  expect_graph_error([&] { check_canonical(maker.graph); }, "softmax", {"identity", "internal error"});
}
