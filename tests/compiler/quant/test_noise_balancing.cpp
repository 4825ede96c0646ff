// Are the factors those that the formula has its minimum at, within the room that there is?
#include <algorithm>
#include <cmath>

#include "compiler/quant/noise_balancing.h"
#include "tests/compiler/data/graph_builder.h"

using namespace npu;
using namespace npu::compiler;
using namespace npu::tests;

namespace {

/// Two channels between two 1x1 convolutions, the second with one filter of the given weights. The map's
/// range is 0 to 2.55, which channel 0 fills; channel 1 reaches 0.0255.
struct TwoChannels {
  GraphBuilder builder{{3, 4, 4}, 9};
  std::string middle = builder.conv("input", 2, window(1), 1, relu());
  Graph graph = builder.finish(builder.conv(middle, 1, window(1)));

  TwoChannels(float weight_0, float weight_1) {
    for (Node& node : graph.nodes) {
      if (node.output == graph.output) std::get<ConvOp>(node.op).weights = make_array({weight_0, weight_1});
    }
  }

  std::vector<double> factors() const {
    Calibration calibration;
    calibration.values[graph.input] = {-1, 1, {0, 0, 0}, {-1, -1, -1}, {1, 1, 1}};
    calibration.values[middle] = {0, 2.55F, {1, 0.01F}, {0, 0}, {2.55F, 0.0255F}};
    calibration.values[graph.output] = {-1, 1, {0}, {-1}, {1}};
    const ChannelPowers powers{{graph.input, {1, 1, 1}}, {middle, {1.0, 1e-4}}, {graph.output, {0.3}}};
    const ChannelClasses classes(graph);
    const auto all = noise_balancing_factors(graph, classes, calibration, powers, {});
    return {all[static_cast<std::size_t>(classes.at(middle, 0))],
            all[static_cast<std::size_t>(classes.at(middle, 1))]};
  }
};

}  // namespace

TEST_CASE("a channel that fills its range stays, a smaller one grows until both roundings weigh the same") {
  // Steps: activations 2.55 / 255 = 0.01, weights 1.27 / 127 = 0.01. Channel 1: A = 1e-4 w^2, B = 1e-4 *
  // 1e-4.
  for (const double weight : {0.0127, 0.127}) {
    const auto factors = TwoChannels(1.27F, static_cast<float>(weight)).factors();
    CHECK(factors[0] == 1.0);
    CHECK(factors[1] == Approx(std::pow(weight * weight / 1e-4, 0.25)).epsilon(1e-4));
  }
}

TEST_CASE("factors are never below 1 nor beyond the room of the channel") {
  CHECK(TwoChannels(1.27F, 0.001F).factors()[1] == 1.0);  // its own rounding hardly matters
  // Channel 1 alone decides the filter's step: w / 127 / f. A / B = (127 f)^2 * 1e-4 / 1e-4: the room of 100 / 2
  // ends it.
  CHECK(TwoChannels(0.0F, 1.27F).factors()[1] == Approx(50));
}

TEST_CASE("channels that nothing reads or that are always 0 keep a factor of 1") {
  CHECK(TwoChannels(1.27F, 0.0F).factors()[1] == 1.0);
}
