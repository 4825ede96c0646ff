// Passes that change windows and padding: pads into windows, ceil mode and counted padding made explicit,
// global pools.
#include "tests/compiler/passes/pass_support.h"

using namespace npu::compiler;
using namespace npu::tests;

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
