// Does verify_quantized refuse every graph that an engine could stumble over, and only those? One valid graph
// with every operator; each case breaks one thing and names the message it expects.
#include <functional>

#include "compiler/quant/overflow_bound.h"
#include "compiler/quant/quantized_graph.h"
#include "hw/common/error.h"
#include "tests/compiler/reference/oracle.h"
#include "tests/compiler/reference/quantized_builder.h"

using namespace npu;
using namespace npu::compiler;
using namespace npu::tests;

namespace {

constexpr Window kPoint{};
constexpr Window kSquare{3, 3, 1, 1, 1, 1, 1, 1, false};

// Node indices of the graph below.
enum : std::size_t { kConv = 0, kAdd, kRescaleA, kRescaleB, kConcat, kMaxPool, kAveragePool, kLeaky };

QuantizedGraph valid_graph() {
  QuantizedBuilder builder({4, 6, 6}, 1);
  const TensorId input = builder.graph().input;
  const TensorId conv = builder.conv(input, 4, kSquare);
  const TensorId sum = builder.add(conv, input);
  const TensorId a = builder.rescale(sum, builder.tensor({4, 6, 6}, 0.5F, 3));
  const TensorId b = builder.rescale(conv, builder.tensor({4, 6, 6}, 0.5F, 3));
  const TensorId joined = builder.concat({a, b});
  const TensorId pooled = builder.max_pool(joined, kSquare);
  const TensorId average = builder.average_pool(pooled, {2, 2, 2, 2, 0, 0, 0, 0, false}, true);
  return builder.finish(builder.conv(average, 8, kPoint, 2, true));
}

template <class Op>
Op& op(QuantizedGraph& graph, std::size_t node) {
  return std::get<Op>(graph.nodes.at(node).op);
}

struct Case {
  const char* what;
  std::function<void(QuantizedGraph&)> damage;
  const char* message;
};

void check_refused(const Case& c) {
  INFO(c.what);
  QuantizedGraph graph = valid_graph();
  c.damage(graph);
  CHECK_THROWS_AS(verify_quantized(graph), GraphError);
  CHECK_THROWS_WITH(verify_quantized(graph), Catch::Contains(c.message));
}

}  // namespace

TEST_CASE("a valid graph with every operator passes") { CHECK_NOTHROW(verify_quantized(valid_graph())); }

TEST_CASE("wrong widths, tensors and order are refused") {
  for (const Case& c : std::vector<Case>{
           {"weight width", [](auto& g) { g.weight_bits = 17; }, "weight_bits"},
           {"activation width", [](auto& g) { g.activation_bits = 1; }, "activation_bits"},
           {"accumulator width", [](auto& g) { g.accumulator_bits = 64; }, "accumulator_bits"},
           {"shift width", [](auto& g) { g.shift_bits = 6; }, "shift_bits"},
           {"tensor name twice", [](auto& g) { g.tensors[1].name = g.tensors[0].name; }, "unique"},
           {"empty shape", [](auto& g) { g.tensors[0].shape.height = 0; }, "positive extents"},
           {"negative scale", [](auto& g) { g.tensors[0].scale = -1; }, "positive number"},
           {"infinite scale", [](auto& g) { g.tensors[0].scale = 1.0F / 0.0F; }, "positive number"},
           {"zero point", [](auto& g) { g.tensors[0].zero_point = 128; }, "-128 to 127"},
           {"input id", [](auto& g) { g.input = 99; }, "input tensor id"},
           {"output id", [](auto& g) { g.output = -1; }, "output tensor id"},
           {"node name twice", [](auto& g) { g.nodes[1].name = g.nodes[0].name; }, "unique"},
           {"read before written", [](auto& g) { std::swap(g.nodes[0], g.nodes[1]); },
            "before any node has written"},
           {"operand id", [](auto& g) { op<QAdd>(g, kAdd).b = 1000; }, "input tensor id"},
           {"result id", [](auto& g) { op<QAdd>(g, kAdd).output = 1000; }, "output tensor id"},
           {"two producers", [](auto& g) { op<QAdd>(g, kAdd).output = op<QConv>(g, kConv).output; },
            "producer"},
           {"output not written", [](auto& g) { g.nodes.pop_back(); }, "no node writes"},
       }) {
    check_refused(c);
  }
}

TEST_CASE("a wrong convolution is refused") {
  const auto conv = [](QuantizedGraph& g) -> QConv& { return op<QConv>(g, kConv); };
  for (const Case& c : std::vector<Case>{
           {"groups", [&](auto& g) { conv(g).groups = 3; }, "groups"},
           {"no groups", [&](auto& g) { conv(g).groups = 0; }, "groups"},
           {"kernel", [&](auto& g) { conv(g).window.kernel_height = 0; }, "kernel"},
           {"stride", [&](auto& g) { conv(g).window.stride_width = 0; }, "stride"},
           {"pad", [&](auto& g) { conv(g).window.pad_left = -1; }, "pad"},
           {"ceil mode", [&](auto& g) { conv(g).window.ceil_mode = true; }, "ceil_mode"},
           {"output size", [&](auto& g) { conv(g).window.pad_left = 2; }, "its window gives"},
           {"weight count", [&](auto& g) { conv(g).weights.pop_back(); }, "weights, expected"},
           {"bias count", [&](auto& g) { conv(g).bias.push_back(0); }, "biases, expected"},
           {"shift count", [&](auto& g) { conv(g).channel_shift.pop_back(); }, "channel shifts, expected"},
           {"multiplier count", [&](auto& g) { conv(g).channel_multiplier = {1}; },
            "channel multipliers, expected"},
           {"multiplier of 0",
            [&](auto& g) {
              conv(g).channel_multiplier = {1, 1, 0, 1};
            },
            "channel multiplier"},
           {"weight -128", [&](auto& g) { conv(g).weights[3] = -128; }, "weight is -128"},
           {"weight zero point", [&](auto& g) { conv(g).weight_zero_point = 128; },
            "weight zero point is 128"},
           {"asymmetric weight -129",
            [&](auto& g) {
              conv(g).weight_zero_point = 1;
              conv(g).weights[3] = -129;
            },
            "weight is -129"},
           {"channel shift", [&](auto& g) { conv(g).channel_shift[0] = 16; }, "channel shift e_c is 16"},
           {"no multiplier", [&](auto& g) { conv(g).stage.multiplier = 0; }, "multiplier is 0"},
           {"multiplier", [&](auto& g) { conv(g).stage.multiplier = 1U << 31; }, "multiplier"},
           {"n + e_c", [&](auto& g) { conv(g).stage.shift = 60; }, "n + e_c is 75"},
           {"negative n", [&](auto& g) { conv(g).stage.shift = -1; }, "shift n is -1"},
           {"zero point", [&](auto& g) { conv(g).stage.zero_point += 1; }, "output zero point"},
           {"low", [&](auto& g) { conv(g).stage.low = -129; }, "lower clamp"},
           {"high", [&](auto& g) { conv(g).stage.high = conv(g).stage.low - 1; }, "upper clamp"},
           {"leaky and by channel", [](auto& g) { op<QConv>(g, kLeaky).channel_multiplier.assign(8, 40000); },
            "exclude each other"},
           {"leaky multiplier", [](auto& g) { op<QConv>(g, kLeaky).stage.negative_multiplier = 0; },
            "negative multiplier"},
           {"leaky shift", [](auto& g) { op<QConv>(g, kLeaky).stage.negative_shift = 50; },
            "negative shift n + e_c"},
       }) {
    check_refused(c);
  }
}

TEST_CASE("a wrong element-wise operator, concatenation or pool is refused") {
  for (const Case& c : std::vector<Case>{
           {"add of unequal shapes",
            [](auto& g) {
              g.tensors[0].shape = {4, 6, 7};
            },
            "window gives"},
           {"add operand", [](auto& g) { op<QAdd>(g, kAdd).a_operand.multiplier = 0; }, "operand multiplier"},
           {"add zero point", [](auto& g) { op<QAdd>(g, kAdd).b_operand.zero_point += 1; },
            "operand zero point"},
           {"leaky add",
            [](auto& g) {
              op<QAdd>(g, kAdd).stage.leaky = true;
              op<QAdd>(g, kAdd).stage.negative_multiplier = 1;
            },
            "leaky"},
           {"rescale operand", [](auto& g) { op<QRescale>(g, kRescaleA).operand.zero_point += 1; },
            "operand zero point"},
           {"concat of another scale",
            [](auto& g) {
              g.tensors[static_cast<std::size_t>(op<QRescale>(g, kRescaleB).output)].scale = 0.25F;
            },
            "expected the same"},
           {"concat twice of one",
            [](auto& g) {
              auto& inputs = op<QConcat>(g, kConcat).inputs;
              inputs[1] = inputs[0];
            },
            "a second time"},
           {"concat of the input", [](auto& g) { op<QConcat>(g, kConcat).inputs[1] = g.input; },
            "input or output"},
           {"concat of nothing", [](auto& g) { op<QConcat>(g, kConcat).inputs.clear(); }, "nothing"},
           {"concat channels", [](auto& g) { op<QConcat>(g, kConcat).inputs.pop_back(); },
            "4 channels into 8"},
           {"max pool of another scale",
            [](auto& g) { g.tensors[static_cast<std::size_t>(op<QMaxPool>(g, kMaxPool).output)].scale = 9; },
            "expected the same"},
           {"window without a pixel",
            [](auto& g) {
              op<QMaxPool>(g, kMaxPool).window = {3, 3, 1, 1, 3, 1, 0, 1, false};
              g.tensors[static_cast<std::size_t>(op<QMaxPool>(g, kMaxPool).output)].shape.height = 7;
            },
            "entirely in the padding"},
           {"table size", [](auto& g) { op<QAveragePool>(g, kAveragePool).multiplier_by_count.pop_back(); },
            "one for each count up to 4"},
           {"table entry", [](auto& g) { op<QAveragePool>(g, kAveragePool).multiplier_by_count[4] = 0; },
            "multiplier of a window"},
           {"average stage", [](auto& g) { op<QAveragePool>(g, kAveragePool).stage.shift = 64; }, "shift n"},
       }) {
    check_refused(c);
  }
}

TEST_CASE("a table entry that no window uses may be anything") {
  QuantizedGraph graph = valid_graph();
  op<QAveragePool>(graph, kAveragePool).multiplier_by_count[0] = 0;
  op<QAveragePool>(graph, kAveragePool).multiplier_by_count[3] = 0;
  CHECK_NOTHROW(verify_quantized(graph));
}

TEST_CASE("the accumulator's bound is tight: brute force over all extreme inputs reaches it and no more") {
  TestRandom random(5);
  for (int trial = 0; trial < 20; ++trial) {
    QConv conv;
    const std::int64_t taps = random.integer(1, 10);
    conv.bias = {0};
    for (std::int64_t tap = 0; tap < taps; ++tap) {
      conv.weights.push_back(static_cast<std::int16_t>(random.integer(-127, 127)));
    }
    // Sums are linear in each input: extremes are reached at the type's ends. 0 stands for a product not yet
    // added.
    std::int64_t lowest = 0;
    std::int64_t highest = 0;
    const std::int64_t choices[3] = {-128, 0, 127};
    std::int64_t combinations = 1;
    for (std::int64_t tap = 0; tap < taps; ++tap) combinations *= 3;
    for (std::int64_t combination = 0; combination < combinations; ++combination) {
      std::int64_t sum = 0;
      std::int64_t rest = combination;
      for (const std::int16_t weight : conv.weights) {
        sum += weight * choices[rest % 3];
        rest /= 3;
      }
      lowest = std::min(lowest, sum);
      highest = std::max(highest, sum);
    }
    const auto range = accumulator_range(conv, 0, 8);
    CHECK(range.lowest == lowest);
    CHECK(range.highest == highest);
  }
}

TEST_CASE("one step more than the accumulator holds is refused, the last that fits is not") {
  // One channel of 24-bit accumulators: |acc + B| < 2^22. 200 weights of 127 at x = -128 reach -3251200.
  QuantizedBuilder builder({200, 1, 1}, 6, 8, 24);
  builder.graph().tensors[0].zero_point = 0;
  const TensorId output = builder.conv(builder.graph().input, 1, kPoint);
  auto& conv = builder.last<QConv>();
  std::fill(conv.weights.begin(), conv.weights.end(), std::int16_t{127});
  const std::int64_t reach = 200 * 127 * 128;
  conv.bias = {-(4194304 - 1 - reach)};
  CHECK_NOTHROW(verify_quantized(builder.finish(output)));
  builder.last<QConv>().bias[0] -= 1;
  CHECK_THROWS_WITH(verify_quantized(builder.finish(output)), Catch::Contains("output channel 0") &&
                                                                  Catch::Contains("2^22") &&
                                                                  Catch::Contains("node0"));
}

TEST_CASE("a partial sum that the register cannot hold is refused even if the final sum fits") {
  // 600 weights of 127 and 600 of -127: any one input is bounded, but the order of accumulation is not.
  QuantizedBuilder builder({1200, 1, 1}, 7, 8, 24);
  const TensorId output = builder.conv(builder.graph().input, 1, kPoint);
  auto& conv = builder.last<QConv>();
  for (std::size_t i = 0; i < conv.weights.size(); ++i) conv.weights[i] = i % 2 == 0 ? 127 : -127;
  conv.bias = {0};
  CHECK_THROWS_WITH(verify_quantized(builder.finish(output)), Catch::Contains("partial sum"));
}

TEST_CASE("an average over more pixels than the accumulator can sum is refused") {
  // 24-bit accumulators: less than 2^22; zero point -128 makes each pixel worth up to 255, so 16448 pixels
  // are enough.
  const auto graph_of = [](std::int64_t width) {
    QuantizedBuilder builder({1, 64, width}, 8, 8, 24);
    builder.graph().tensors[0].zero_point = -128;
    const Window whole{64, width, 1, 1, 0, 0, 0, 0, false};
    return builder.finish(builder.average_pool(builder.graph().input, whole, false));
  };
  CHECK_NOTHROW(verify_quantized(graph_of(257)));  // 64 * 257 * 255 = 4194240
  CHECK_THROWS_WITH(verify_quantized(graph_of(258)), Catch::Contains("a window's sum"));
}
