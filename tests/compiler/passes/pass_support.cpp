#include "tests/compiler/passes/pass_support.h"

namespace npu::tests {

using namespace compiler;

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

Names operators(const Graph& graph) {
  Names names;
  for (const Node& node : graph.nodes) {
    names.emplace_back(operator_name(node.op));
  }
  return names;
}

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

}  // namespace npu::tests
