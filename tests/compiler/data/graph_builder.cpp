#include "tests/compiler/data/graph_builder.h"

#include <cmath>
#include <limits>

namespace npu::tests {

using namespace npu::compiler;

Activation relu() { return {Activation::Kind::kClamp, 0, std::numeric_limits<float>::infinity(), 0}; }
Activation clamp(float low, float high) { return {Activation::Kind::kClamp, low, high, 0}; }
Activation leaky(float alpha) { return {Activation::Kind::kLeaky, 0, 0, alpha}; }

Window window(std::int64_t kernel, std::int64_t stride, std::array<std::int64_t, 4> pads, bool ceil_mode) {
  return {kernel, kernel, stride, stride, pads[0], pads[1], pads[2], pads[3], ceil_mode};
}

GraphBuilder::GraphBuilder(MapShape input_shape, std::uint64_t seed) : random_(seed) {
  graph_.name = "test";
  graph_.input = "input";
  graph_.input_shape = input_shape;
}

FloatArray GraphBuilder::random_array(std::int64_t count, float low, float high) {
  std::vector<float> values(static_cast<std::size_t>(count));
  for (auto& value : values) value = random_.real(low, high);
  return make_array(std::move(values));
}

std::vector<float> GraphBuilder::random_input(float low, float high) {
  return *random_array(graph_.input_shape.elements(), low, high);
}

std::string GraphBuilder::conv(const std::string& input, std::int64_t out_channels, const Window& geometry,
                               std::int64_t groups, const Activation& activation, bool bias) {
  ConvOp op;
  op.window = geometry;
  op.groups = groups;
  op.out_channels = out_channels;
  const std::int64_t taps = geometry.kernel_height * geometry.kernel_width * shape(input).channels / groups;
  const float range = 1.7F / std::sqrt(static_cast<float>(taps));
  op.weights = random_array(out_channels * taps, -range, range);
  op.bias = bias ? random_array(out_channels, -0.3F, 0.3F) : make_array({});
  op.activation = activation;
  op.output_mean = make_array({});
  op.output_deviation = make_array({});
  return node(op, {input});
}

std::string GraphBuilder::node(Operator op, std::vector<std::string> inputs) {
  const std::string index = std::to_string(graph_.nodes.size());
  const std::string name = operator_name(op);
  graph_.nodes.push_back({name + index, std::move(op), std::move(inputs), "value" + index});
  return graph_.nodes.back().output;
}

Values evaluate_naively(const Graph& graph, std::span<const float> input) {
  return evaluate_all(graph, std::vector<double>(input.begin(), input.end()));
}

Graph GraphBuilder::finish(const std::string& output) {
  graph_.output = output;
  verify_graph(graph_);
  return graph_;
}

}  // namespace npu::tests
