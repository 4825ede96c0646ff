// Shapes of every operator, every refusal, and the counts of MACs and parameters.
#include "compiler/graph/graph.h"
#include "tests/compiler/graph/graph_maker.h"

using namespace npu::compiler;
using namespace npu::tests;

namespace {

/// Shape of the output of one operator on one input.
MapShape shape_behind(const MapShape& input, Operator op) {
  GraphMaker maker(input);
  maker.then("op", std::move(op));
  return infer_shapes(maker.graph).at("op");
}

Operator conv_with(const Window& window, std::int64_t groups, std::int64_t out_channels) {
  ConvOp conv;
  conv.window = window;
  conv.groups = groups;
  conv.out_channels = out_channels;
  return conv;
}

std::size_t brute_force_windows(std::int64_t size, std::int64_t kernel, std::int64_t stride,
                                std::int64_t before, std::int64_t after, bool ceil_mode) {
  std::size_t count = 0;
  for (std::int64_t start = -before; start < size; start += stride) {
    const bool fits = start + kernel <= size + after;
    // In ceil_mode one window may stick out; one more only if the window before it does not reach the end.
    const bool previous_reaches_end = start - stride + kernel >= size + after;
    if (fits ||
        (ceil_mode && !(start > -before && previous_reaches_end) && size + before + after >= kernel)) {
      ++count;
    }
  }
  return count;
}

}  // namespace

TEST_CASE("The number of windows equals a count of their starting points, with and without ceil_mode") {
  int compared = 0;
  for (std::int64_t size = 1; size <= 12; ++size) {
    for (std::int64_t kernel = 1; kernel <= 5; ++kernel) {
      for (std::int64_t stride = 1; stride <= 4; ++stride) {
        for (std::int64_t before = 0; before < kernel; ++before) {
          for (std::int64_t after = 0; after < kernel; ++after) {
            for (const bool ceil_mode : {false, true}) {
              INFO("size " << size << " kernel " << kernel << " stride " << stride << " pads " << before
                           << " " << after << " ceil " << ceil_mode);
              const auto expected = brute_force_windows(size, kernel, stride, before, after, ceil_mode);
              REQUIRE(window_output(size, kernel, stride, before, after, ceil_mode) ==
                      static_cast<std::int64_t>(expected));
              ++compared;
            }
          }
        }
      }
    }
  }
  CHECK(compared > 1000);
}

TEST_CASE("Published output sizes of known first layers come out") {
  // SqueezeNext 5x5/2 on 227, then 3x3/2 with ceil_mode; SqueezeNet 1.0 of TensorFlow 7x7/2 with pads 2 and 3
  // on 224; MobileNet 3x3/2 with pads 0 and 1 on 224.
  CHECK(window_output(227, 5, 2, 0, 0, false) == 112);
  CHECK(window_output(112, 3, 2, 0, 0, true) == 56);
  CHECK(window_output(112, 3, 2, 0, 0, false) == 55);
  CHECK(window_output(224, 7, 2, 2, 3, false) == 112);
  CHECK(window_output(224, 3, 2, 0, 1, false) == 112);
}

TEST_CASE("Each operator's output shape") {
  CHECK(shape_behind({8, 10, 12}, conv_with({3, 5, 2, 1, 1, 2, 0, 2, false}, 4, 16)) == MapShape{16, 5, 12});
  CHECK(shape_behind({8, 10, 12}, BatchNormOp{}) == MapShape{8, 10, 12});
  CHECK(shape_behind({8, 10, 12}, make_clamp(0, 6)) == MapShape{8, 10, 12});
  CHECK(shape_behind({8, 10, 12}, MaxPoolOp{{2, 2, 2, 2, 0, 0, 0, 0, false}}) == MapShape{8, 5, 6});
  CHECK(shape_behind({8, 11, 13}, AveragePoolOp{{2, 2, 2, 2, 0, 0, 0, 0, true}, false}) == MapShape{8, 6, 7});
  CHECK(shape_behind({8, 10, 12}, GlobalAveragePoolOp{}) == MapShape{8, 1, 1});
  CHECK(shape_behind({8, 10, 12}, FlattenOp{}) == MapShape{960, 1, 1});
  CHECK(shape_behind({8, 1, 1}, GemmOp{5, empty_array(), empty_array()}) == MapShape{5, 1, 1});
  CHECK(shape_behind({8, 10, 12}, PadOp{1, 2, 3, 4}) == MapShape{8, 14, 18});
  CHECK(shape_behind({8, 10, 12}, IdentityOp{}) == MapShape{8, 10, 12});
  CHECK(shape_behind({8, 1, 1}, SoftmaxOp{}) == MapShape{8, 1, 1});
  GraphMaker maker({3, 4, 5});
  maker.add("concat", ConcatOp{}, {"input", "input", "input"});
  maker.add("sum", AddOp{}, {"concat", "concat"});
  CHECK(infer_shapes(maker.graph).at("sum") == MapShape{9, 4, 5});
}

TEST_CASE("A flattened map may have more features than an axis holds, a map may not") {
  CHECK(shape_behind({512, 100, 100}, FlattenOp{}).channels == 5'120'000);
  expect_graph_error(
      [] {
        shape_behind({65'535, 1, 1}, conv_with({1, 1, 1, 1, 0, 0, 0, 0, false}, 1, 65'536));
      },
      "op", {"65536", "1 to 65535"});
}

TEST_CASE("Every wrong geometry is an error that names the node, the operator, found and expected") {
  const Window plain{3, 3, 1, 1, 0, 0, 0, 0, false};
  const auto expect = [](const MapShape& input, Operator op, std::initializer_list<const char*> parts) {
    expect_graph_error([&] { shape_behind(input, op); }, "op", parts);
  };
  expect({8, 10, 10}, conv_with(plain, 3, 9), {"conv", "3 groups", "8 input and 9 output"});
  expect({8, 10, 10}, conv_with(plain, 0, 9), {"conv", "0 groups"});
  expect({8, 2, 10}, conv_with(plain, 1, 9), {"conv", "3 x 3 kernel gives no output", "[8, 2, 10]"});
  expect({8, 9, 9}, conv_with({3, 3, 0, 1, 0, 0, 0, 0, false}, 1, 9),
         {"conv", "stride [0, 1]", "1 to 65535"});
  expect({8, 9, 9}, conv_with({0, 3, 1, 1, 0, 0, 0, 0, false}, 1, 9), {"conv", "kernel [0, 3]"});
  expect({8, 9, 9}, conv_with({3, 3, 1, 1, -1, 0, 0, 0, false}, 1, 9), {"conv", "top and left pads [-1, 0]"});
  expect({8, 9, 9}, conv_with({3, 3, 1, 1, 0, 0, 0, 70'000, false}, 1, 9),
         {"bottom and right pads [0, 70000]"});
  expect({8, 9, 9}, conv_with({3, 3, 1, 1, 0, 0, 0, 0, true}, 1, 9), {"ceil_mode"});
  expect({8, 9, 9}, conv_with({50'000, 50'000, 1, 1, 0, 0, 0, 0, false}, 1, 9),
         {"50000 x 50000", "too large"});
  expect({8, 9, 9}, MaxPoolOp{{2, 2, 1, 1, 2, 0, 0, 0, false}}, {"max_pool", "pads [2, 0, 0, 0]", "smaller"});
  expect({8, 9, 9}, AveragePoolOp{{2, 2, 1, 1, 0, 0, 0, 2, false}, true},
         {"average_pool", "pads [0, 0, 0, 2]"});
  expect({8, 2, 1}, GemmOp{4, empty_array(), empty_array()}, {"gemm", "[8, 2, 1]", "vector of features"});
  expect({8, 1, 1}, GemmOp{0, empty_array(), empty_array()}, {"gemm", "0 output features"});
  expect({8, 9, 9}, PadOp{-1, 0, 0, 0}, {"pad", "a pad of -1"});
  expect({1, 65'535, 1}, PadOp{1, 0, 0, 0}, {"65536", "1 to 65535"});
  expect({1, 40'000, 40'000}, PadOp{20'000, 0, 0, 0}, {"[1, 60000, 40000]", "2147483648 elements"});
}

TEST_CASE("Inputs that do not fit together, are missing or too many are errors") {
  GraphMaker maker({3, 4, 5});
  maker.add("narrow", PadOp{0, 1, 0, 0}, {"input"});
  const Graph base = maker.graph;
  const auto expect = [&](Operator op, std::vector<std::string> inputs,
                          std::initializer_list<const char*> parts) {
    Graph graph = base;
    graph.nodes.push_back({"op", std::move(op), std::move(inputs), "op"});
    expect_graph_error([&] { infer_shapes(graph); }, "op", parts);
  };
  expect(AddOp{}, {"input", "narrow"}, {"add", "[3, 4, 5]", "[3, 4, 6]", "equal shapes"});
  expect(AddOp{}, {"input"}, {"add", "found 1 inputs, expected 2"});
  expect(ConcatOp{}, {"input", "narrow"}, {"concat", "[3, 4, 5]", "[3, 4, 6]", "equal heights and widths"});
  expect(ConcatOp{}, {}, {"concat", "no inputs"});
  expect(FlattenOp{}, {"input", "input"}, {"flatten", "found 2 inputs, expected 1"});
  expect(FlattenOp{}, {"later"}, {"flatten", "'later'", "no earlier node"});
  expect_graph_error([] { shape_behind({0, 4, 5}, IdentityOp{}); }, "input", {"[0, 4, 5]"});
  expect_graph_error([] { shape_behind({3, -4, 5}, IdentityOp{}); }, "input", {"[3, -4, 5]"});
  expect_graph_error(
      [] {
        shape_behind({3, 4, std::int64_t{1} << 31}, IdentityOp{});
      },
      "input", {"2147483648"});
}

TEST_CASE("MACs and parameters are counted from the definition") {
  TestRandom random(1);
  GraphMaker maker({8, 10, 12});
  ConvOp conv = make_conv(16, 3, 2, 1, make_array(std::vector<float>(16 * 2 * 9, 1.0F)));
  conv.groups = 4;
  conv.bias = make_array(std::vector<float>(16, 0.0F));
  maker.then("conv", conv);
  BatchNormOp norm;
  norm.scale = norm.bias = norm.mean = norm.variance = make_array(std::vector<float>(16, 1.0F));
  maker.then("norm", norm);
  maker.then("flatten", FlattenOp{});
  maker.then("gemm",
             GemmOp{7, make_array(std::vector<float>(7 * 480, 1.0F)), make_array({1, 2, 3, 4, 5, 6, 7})});
  const ShapeMap shapes = infer_shapes(maker.graph);
  const std::vector<Node>& nodes = maker.graph.nodes;
  CHECK(node_macs(nodes[0], shapes) == 16 * 5 * 6 * 2 * 9);
  CHECK(node_macs(nodes[1], shapes) == 0);
  CHECK(node_macs(nodes[3], shapes) == 7 * 480);
  CHECK(node_parameters(nodes[0]) == 16 * 2 * 9 + 16);
  CHECK(node_parameters(nodes[1]) == 32);
  CHECK(node_parameters(nodes[2]) == 0);
  CHECK(node_parameters(nodes[3]) == 7 * 480 + 7);
}
