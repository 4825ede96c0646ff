// Does equivalent scaling leave the float network as it is, and do the chosen factors do what they promise?
#include <algorithm>
#include <cmath>

#include "compiler/quant/channel_scaling.h"
#include "tests/compiler/data/graph_builder.h"

using namespace npu;
using namespace npu::compiler;
using namespace npu::tests;

namespace {

// Residual, depthwise, concatenation, pool and a leaky activation.
struct Fixture {
  GraphBuilder builder{{3, 9, 8}, 5};
  Graph graph = make();
  std::vector<float> input = builder.random_input();

  Graph make() {
    const auto a = builder.conv("input", 6, window(3, 1, {1, 1, 1, 1}), 1, relu());
    const auto b = builder.conv(a, 6, window(3, 1, {1, 1, 1, 1}), 6, leaky(0.1F));
    const auto sum = builder.node(AddOp{}, {a, b});
    const auto pooled = builder.node(MaxPoolOp{window(2, 2)}, {sum});
    const auto left = builder.conv(pooled, 4, window(1), 1, relu());
    const auto right = builder.conv(pooled, 5, window(3, 1, {1, 1, 1, 1}), 1, relu());
    const auto both = builder.node(ConcatOp{}, {left, right});
    return builder.finish(builder.conv(both, 7, window(1)));
  }
  Calibration calibrated() const {
    return calibrate(graph, 1, "test", [&](std::int64_t) { return input; });
  }
};

double largest_of(const Graph& graph, const std::string& output, std::size_t channel, bool of_input) {
  for (const auto& node : graph.nodes) {
    if (node.output != output) continue;
    const auto& op = std::get<ConvOp>(node.op);
    const std::size_t taps = op.weights->size() / static_cast<std::size_t>(op.out_channels);
    double largest = 0;
    for (std::size_t i = 0; i < op.weights->size(); ++i) {
      const std::size_t found = of_input ? i % taps : i / taps;  // 1x1 kernels: a tap is an input channel
      if (found == channel) largest = std::max(largest, std::abs(double{(*op.weights)[i]}));
    }
    return largest;
  }
  return 0;
}

}  // namespace

TEST_CASE("any factors leave the network's output as it is and multiply the channels between") {
  Fixture fixture;
  const ChannelClasses classes(fixture.graph);
  TestRandom random(8);
  std::vector<double> factors(static_cast<std::size_t>(classes.count()), 1.0);
  for (std::size_t k = 1; k < factors.size(); ++k) factors[k] = std::exp2(double{random.real(-3, 3)});
  const auto scaled = scale_channels(fixture.graph, classes, factors);
  const auto before = evaluate_naively(fixture.graph, fixture.input);
  const auto after = evaluate_naively(scaled, fixture.input);
  const auto shapes = infer_shapes(fixture.graph);
  for (const auto& [value, shape] : shapes) {
    INFO(value);
    const auto pixels = static_cast<std::size_t>(shape.height * shape.width);
    for (std::size_t i = 0; i < before.at(value).size(); ++i) {
      const auto k = static_cast<std::size_t>(classes.at(value, static_cast<std::int64_t>(i / pixels)));
      CHECK(after.at(value)[i] == Approx(before.at(value)[i] * factors[k]).epsilon(1e-4).margin(1e-5));
    }
  }
  for (std::int64_t channel = 0; channel < 3; ++channel)
    CHECK(classes.at(fixture.graph.input, channel) == ChannelClasses::kFixed);
  for (std::int64_t channel = 0; channel < 7; ++channel)
    CHECK(classes.at(fixture.graph.output, channel) == ChannelClasses::kFixed);
}

TEST_CASE("scaled statistics are those that calibration of the scaled network finds") {
  Fixture fixture;
  const ChannelClasses classes(fixture.graph);
  std::vector<double> factors(static_cast<std::size_t>(classes.count()), 2.0);
  factors[0] = 1.0;
  const auto scaled = scale_channels(fixture.calibrated(), classes, factors);
  const auto graph = scale_channels(fixture.graph, classes, factors);
  const auto found = calibrate(graph, 1, "test", [&](std::int64_t) { return fixture.input; });
  for (const auto& [value, statistics] : found.values) {
    INFO(value);
    const auto& expected = scaled.values.at(value);
    CHECK(statistics.minimum == Approx(expected.minimum).margin(1e-5));
    CHECK(statistics.maximum == Approx(expected.maximum).margin(1e-5));
    for (std::size_t channel = 0; channel < expected.channel_mean.size(); ++channel) {
      CHECK(statistics.channel_mean[channel] == Approx(expected.channel_mean[channel]).margin(1e-4));
    }
  }
}

TEST_CASE("the room of a class is what takes its widest channel to its map's range") {
  Fixture fixture;
  const auto calibration = fixture.calibrated();
  const ChannelClasses classes(fixture.graph);
  auto room = channel_room(fixture.graph, classes, calibration);
  CHECK(room[ChannelClasses::kFixed] == 1.0);
  CHECK(std::all_of(room.begin(), room.end(), [](double f) { return f >= 1.0; }));
  for (double& factor : room) factor = std::isinf(factor) ? 1.0 : factor;
  CHECK(*std::max_element(room.begin(), room.end()) > 1.05);
  const auto scaled = scale_channels(calibration, classes, room);
  for (const auto& [value, statistics] : scaled.values) {
    INFO(value);
    CHECK(statistics.maximum <= calibration.values.at(value).maximum * 1.0001F);
    CHECK(statistics.minimum >= std::min(calibration.values.at(value).minimum, 0.0F) * 1.0001F);
  }
}

TEST_CASE("cross-layer factors give each channel between two layers the same weight range on both sides") {
  GraphBuilder builder({4, 5, 5}, 6);
  const auto middle = builder.conv("input", 6, window(1), 1, relu());
  const auto output = builder.conv(middle, 5, window(1));
  const auto graph = builder.finish(output);
  const ChannelClasses classes(graph);
  const auto scaled = scale_channels(graph, classes, cross_layer_factors(graph, classes));
  for (std::size_t channel = 0; channel < 6; ++channel) {
    CHECK(largest_of(scaled, middle, channel, false) ==
          Approx(largest_of(scaled, output, channel, true)).epsilon(0.02));
  }
}
