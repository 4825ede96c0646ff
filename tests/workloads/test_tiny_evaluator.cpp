// The generators' evaluator against the tests' own, which shares nothing with it.
#include "tests/compiler/graph/graph_maker.h"
#include "tests/compiler/graph/naive_evaluator.h"
#include "workloads/tiny_evaluator.h"

using namespace npu::compiler;
using namespace npu::tests;
using npu::workloads::FeatureMaps;

namespace {

/// Evaluates one operator on three samples both ways.
void compare(const Operator& op, const MapShape& shape, std::size_t inputs = 1) {
  TestRandom random(21);
  const std::int64_t samples = 3;
  std::vector<std::vector<double>> data;
  FeatureMaps maps{shape, samples, std::vector<float>(static_cast<std::size_t>(shape.elements() * samples))};
  const std::int64_t pixels = shape.height * shape.width;
  for (std::int64_t sample = 0; sample < samples; ++sample) {
    data.push_back(random_input(shape, random));
    for (std::int64_t index = 0; index < shape.elements(); ++index) {
      const std::int64_t target = (index / pixels * samples + sample) * pixels + index % pixels;
      maps.data[static_cast<std::size_t>(target)] =
          static_cast<float>(data.back()[static_cast<std::size_t>(index)]);
    }
  }
  GraphMaker maker(shape);
  maker.add("y", op, std::vector<std::string>(inputs, "input"));
  const FeatureMaps found =
      npu::workloads::evaluate(maker.graph.nodes[0], std::vector<const FeatureMaps*>(inputs, &maps));
  CHECK(found.shape == infer_shapes(maker.graph).at("y"));
  const std::int64_t out_pixels = found.shape.height * found.shape.width;
  for (std::int64_t sample = 0; sample < samples; ++sample) {
    std::vector<double> one;
    for (std::int64_t index = 0; index < found.shape.elements(); ++index) {
      const std::int64_t source = (index / out_pixels * samples + sample) * out_pixels + index % out_pixels;
      one.push_back(static_cast<double>(found.data[static_cast<std::size_t>(source)]));
    }
    CHECK(relative_difference(evaluate(maker.graph, data[static_cast<std::size_t>(sample)]), one) < 1e-5);
  }
}

}  // namespace

TEST_CASE("Every operator of the generators' evaluator agrees with plain loops") {
  TestRandom random(22);
  const auto conv = [&](std::int64_t in, std::int64_t out, const Window& window, std::int64_t groups) {
    ConvOp op;
    op.window = window;
    op.groups = groups;
    op.out_channels = out;
    op.weights = random_array(out * in / groups * window.kernel_height * window.kernel_width, random);
    return op;
  };
  compare(conv(9, 5, {1, 1, 1, 1, 0, 0, 0, 0, false}, 1), {9, 4, 5});
  compare(conv(8, 6, {1, 1, 1, 1, 0, 0, 0, 0, false}, 2), {8, 4, 5});
  compare(conv(8, 6, {1, 1, 2, 2, 0, 0, 0, 0, false}, 2), {8, 5, 5});
  compare(conv(3, 4, {5, 5, 2, 2, 0, 0, 0, 0, false}, 1), {3, 11, 12});
  compare(conv(3, 4, {3, 1, 1, 1, 1, 0, 1, 0, false}, 1), {3, 6, 7});
  compare(conv(3, 4, {1, 3, 1, 1, 0, 1, 0, 1, false}, 1), {3, 6, 7});
  compare(conv(6, 6, {3, 3, 2, 2, 1, 1, 1, 1, false}, 6), {6, 7, 8});
  compare(conv(6, 6, {3, 3, 1, 1, 0, 1, 2, 0, false}, 6), {6, 7, 8});
  ConvOp biased = conv(3, 4, {3, 3, 1, 1, 1, 1, 1, 1, false}, 1);
  biased.bias = random_array(4, random);
  compare(biased, {3, 6, 7});
  BatchNormOp norm;
  norm.scale = random_array(3, random);
  norm.bias = random_array(3, random);
  norm.mean = random_array(3, random);
  norm.variance = random_array(3, random, 0.5F, 2.0F);
  compare(norm, {3, 4, 5});
  compare(make_clamp(0, 0.5F), {3, 4, 5});
  compare(make_leaky(0.1F), {3, 4, 5});
  compare(AddOp{}, {3, 4, 5}, 2);
  compare(ConcatOp{}, {3, 4, 5}, 3);
  compare(MaxPoolOp{{3, 3, 2, 2, 0, 0, 0, 0, true}}, {3, 8, 9});
  compare(MaxPoolOp{{3, 2, 2, 1, 1, 1, 1, 0, false}}, {3, 8, 9});
  compare(GlobalAveragePoolOp{}, {3, 4, 5});
  compare(FlattenOp{}, {7, 1, 1});
  compare(FlattenOp{}, {3, 4, 5});
  compare(GemmOp{5, random_array(35, random), random_array(5, random)}, {7, 1, 1});
}

TEST_CASE("An operator that no built-in network has is our own fault") {
  const FeatureMaps map{{1, 2, 2}, 1, {1, 2, 3, 4}};
  CHECK_THROWS_AS(npu::workloads::evaluate({"pad", PadOp{1, 1, 1, 1}, {"x"}, "y"}, {&map}),
                  npu::InternalError);
  CHECK_THROWS_AS(npu::workloads::evaluate({"softmax", SoftmaxOp{}, {"x"}, "y"}, {&map}), npu::InternalError);
}
