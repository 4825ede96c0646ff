// Ranges to scales, clamps, multipliers, concatenation groups and window geometry: each rule worked by hand.
#include <cmath>
#include <limits>

#include "compiler/quant/activation_range.h"
#include "compiler/quant/output_scales.h"
#include "compiler/quant/scale_groups.h"
#include "compiler/quant/window_geometry.h"
#include "hw/common/error.h"
#include "tests/compiler/data/graph_builder.h"

using namespace npu;
using namespace npu::compiler;
using namespace npu::tests;

TEST_CASE("a range becomes 255 steps, and zero is exactly the zero point") {
  const auto relu6 = affine_scale({0, 6}, 8, 1e-6);
  CHECK(relu6.scale == Approx(6.0 / 255));
  CHECK(relu6.zero_point == -128);
  const auto nearly_symmetric = affine_scale({-127, 128}, 8, 1e-6);
  CHECK(nearly_symmetric.scale == 1.0F);
  CHECK(nearly_symmetric.zero_point == -1);
  const auto shifted = affine_scale({-51, 204}, 8, 1e-6);
  CHECK(shifted.scale == Approx(1.0));
  CHECK(shifted.zero_point == -128 + 51);
}

TEST_CASE("ranges without zero are stretched to it") {
  const auto positive = affine_scale({3, 12.75}, 8, 1e-6);
  CHECK(positive.scale == Approx(0.05));
  CHECK(positive.zero_point == -128);
  const auto negative = affine_scale({-12.75, -3}, 8, 1e-6);
  CHECK(negative.scale == Approx(0.05));
  CHECK(negative.zero_point == 127);
}

TEST_CASE("constant and nearly constant ranges are stretched to the smallest width") {
  CHECK(affine_scale({0, 0}, 8, 2.55).scale == Approx(0.01));
  CHECK(affine_scale({0, 0}, 8, 2.55).zero_point == -128);
  const auto tiny = affine_scale({-1e-20, 3e-20}, 8, 2.55);
  CHECK(tiny.scale == Approx(0.01));
  CHECK(tiny.zero_point == -128 + 64);  // proportions stay: a quarter lies below zero
}

TEST_CASE("16-bit ranges have 65535 steps") {
  const auto range = affine_scale({0, 6.5535}, 16, 1e-6);
  CHECK(range.scale == Approx(1e-4));
  CHECK(range.zero_point == -32768);
}

TEST_CASE("fused activations become clamps in the output's integers") {
  const AffineScale output{0.1F, -20};
  const auto limits = [&](const Activation& activation) {
    const auto found = clamp_limits(activation, output, 8);
    return std::pair(found.low, found.high);
  };
  CHECK(limits({}) == std::pair(-128, 127));
  CHECK(limits(relu()) == std::pair(-20, 127));
  CHECK(limits(tests::clamp(0, 6)) == std::pair(-20, 40));
  CHECK(limits(tests::clamp(-3, 100)) == std::pair(-50, 127));  // beyond the type: the type's limit
  CHECK(limits(leaky(0.1F)) == std::pair(-128, 127));
}

TEST_CASE("a leaky slope of 0 is ReLU, of 1 nothing, below 0 refused") {
  CHECK(simplified(leaky(0), "n") == relu());
  CHECK(simplified(leaky(1), "n") == Activation{});
  CHECK(simplified(leaky(0.1F), "n") == leaky(0.1F));
  CHECK_THROWS_WITH(simplified(leaky(-0.1F), "act7"), Catch::Contains("act7") && Catch::Contains("-0.1"));
}

TEST_CASE("a leaky stage has a multiplier and a shift for each sign") {
  const auto stage = scaling_stage(0.01, leaky(0.25F), {1.0F, 5}, {8, 16}, "n");
  CHECK(stage.leaky);
  CHECK(std::ldexp(stage.multiplier, -stage.shift) == Approx(0.01).epsilon(1e-4));
  CHECK(std::ldexp(stage.negative_multiplier, -stage.negative_shift) == Approx(0.0025).epsilon(1e-4));
  CHECK(stage.low == -128);
}

TEST_CASE("shared shifts give the largest factor all bits and no factor a multiplier of 0") {
  const auto shared = shared_shift({0.5, 1.5, 1e-9}, 16, "n");
  CHECK(shared.multipliers[1] == 0xC000);
  CHECK(shared.shift == 15);
  CHECK(shared.multipliers[0] == 0x4000);
  CHECK(shared.multipliers[2] == 1);
  CHECK_THROWS_AS(shared_shift({1e9}, 16, "n"), GraphError);
}

TEST_CASE("inputs of a concatenation share its scale where nothing else reads them") {
  GraphBuilder builder({4, 8, 8}, 1);
  const auto a = builder.conv("input", 4, window(1));
  const auto b = builder.conv(a, 4, window(1));  // a has another reader than the concatenation
  const auto c = builder.conv(b, 4, window(1));
  const auto pooled = builder.node(MaxPoolOp{window(3, 1, {1, 1, 1, 1})}, {c});
  const auto side = builder.node(MaxPoolOp{window(3, 1, {1, 1, 1, 1})}, {a});
  const auto d = builder.conv(a, 4, window(1));
  const auto joined = builder.node(ConcatOp{}, {a, pooled, side, d, "input"});
  const auto graph = builder.finish(builder.conv(joined, 2, window(1)));
  const auto groups = find_scale_groups(graph);
  const std::string node = graph.nodes[6].name;
  CHECK(groups.copies == std::set<std::pair<std::string, std::size_t>>{{node, 0}, {node, 2}, {node, 4}});
  CHECK(groups.leader.at(pooled) == groups.leader.at(joined));
  CHECK(groups.leader.at(c) == groups.leader.at(joined));  // the pool's input follows
  CHECK(groups.leader.at(d) == groups.leader.at(joined));
  CHECK(groups.leader.at(a) != groups.leader.at(joined));
  CHECK(groups.leader.at(side) == groups.leader.at(a));
  CHECK(groups.leader.at("input") == "input");
}

TEST_CASE("a value in two concatenations, or twice in one, is copied, nested concatenations are not") {
  GraphBuilder builder({4, 8, 8}, 2);
  const auto a = builder.conv("input", 4, window(1));
  const auto b = builder.conv("input", 4, window(1));
  const auto c = builder.conv("input", 4, window(1));
  const auto inner = builder.node(ConcatOp{}, {a, b});
  const auto outer = builder.node(ConcatOp{}, {inner, b, c, c});
  const auto graph = builder.finish(outer);
  const auto groups = find_scale_groups(graph);
  const std::string first = graph.nodes[3].name;
  const std::string second = graph.nodes[4].name;
  CHECK(groups.copies ==
        std::set<std::pair<std::string, std::size_t>>{{first, 1}, {second, 1}, {second, 2}, {second, 3}});
  CHECK(groups.leader.at(a) == groups.leader.at(outer));
}

TEST_CASE("ceil mode becomes explicit pads with the same windows") {
  const MapShape shape{1, 6, 7};
  const Window ceil = window(3, 2, {0, 0, 0, 0}, true);
  const Window plain = with_explicit_pads(ceil, shape);
  CHECK_FALSE(plain.ceil_mode);
  CHECK(plain.pad_bottom == 1);
  CHECK(plain.pad_right == 0);
  CHECK(window_output_shape(ceil, shape, 1) == window_output_shape(plain, shape, 1));
  CHECK(window_counts(plain, shape) == std::set<std::int64_t>{6, 9});
}

TEST_CASE("an average that counts padding divides by padded positions, not by what ceil mode adds") {
  // Height 5, pad 1 each side, kernel 3, stride 3, ceil: windows start at -1, 2, 5; the last holds row 5
  // (padding) only, so it is dropped by the shape rule; the middle is full.
  const auto divisors = padded_divisors({3, 1, 3, 1, 1, 0, 1, 0, true}, {1, 5, 1});
  CHECK(divisors == std::map<std::int64_t, std::int64_t>{{2, 3}, {3, 3}});
  // Height 6, pad 2 at the top, ceil: starts -2, 1, 4; the last has two real rows and nothing else.
  const auto extended = padded_divisors({3, 1, 3, 1, 2, 0, 0, 0, true}, {1, 6, 1});
  CHECK(extended == std::map<std::int64_t, std::int64_t>{{1, 3}, {2, 2}, {3, 3}});
  // Kernel 2 at stride 2 with a pad on top and a ceil extension below: one real row each, divided by 2 and
  // by 1.
  CHECK(padded_divisors({2, 1, 2, 1, 1, 0, 0, 0, true}, {1, 4, 1}).empty());
}

TEST_CASE("a wide multiplier gives up bits where n must leave room for large channel shifts") {
  for (const int bits : {16, 24, 31}) {
    for (const double factor : {0.3, 1e-3, 1e-6}) {
      INFO(bits << " bits, factor " << factor);
      const auto stage = scaling_stage(factor, {}, {1.0F, 0}, {8, bits, 31}, "n");
      CHECK(stage.shift <= 63 - 31);
      CHECK(std::ldexp(stage.multiplier, -stage.shift) == Approx(factor).epsilon(1.0 / 128));
      const auto roomy = scaling_stage(factor, {}, {1.0F, 0}, {8, bits, 15}, "n");
      CHECK((roomy.multiplier >= 1U << (bits - 1) || roomy.shift == 63 - 15));
    }
  }
  // A unit worth next to nothing: few bits do at 8-bit activations, at 16 bits they would be seen.
  CHECK(scaling_stage(1e-9, {}, {1.0F, 0}, {8, 16, 31}, "n").shift == 63 - 31);
  CHECK_THROWS_AS(scaling_stage(1e-9, {}, {1.0F, 0}, {16, 16, 31}, "n"), GraphError);
  CHECK_THROWS_AS(scaling_stage(1e-12, {}, {1.0F, 0}, {8, 16, 31}, "n"), GraphError);
}
