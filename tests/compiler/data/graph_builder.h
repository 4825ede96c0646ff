// Builds small float graphs for tests: a chain of calls, each returning the new value's name. Weights are
// random from the builder's seed.
#pragma once

#include <array>
#include <span>
#include <string>
#include <vector>

#include "compiler/graph/graph.h"
#include "tests/compiler/graph/naive_evaluator.h"
#include "tests/support.h"

namespace npu::tests {

compiler::Activation relu();
compiler::Activation clamp(float low, float high);
compiler::Activation leaky(float alpha);

/// Square window; pads top, left, bottom, right.
compiler::Window window(std::int64_t kernel, std::int64_t stride = 1,
                        std::array<std::int64_t, 4> pads = {0, 0, 0, 0}, bool ceil_mode = false);

class GraphBuilder {
 public:
  GraphBuilder(compiler::MapShape input_shape, std::uint64_t seed);

  std::string conv(const std::string& input, std::int64_t out_channels, const compiler::Window& window,
                   std::int64_t groups = 1, const compiler::Activation& activation = {}, bool bias = true);
  std::string node(compiler::Operator op, std::vector<std::string> inputs);
  /// Ends the graph at `output`; the result has passed verify_graph.
  compiler::Graph finish(const std::string& output);

  compiler::FloatArray random_array(std::int64_t count, float low, float high);
  std::vector<float> random_input(float low = -1, float high = 1);
  compiler::Node& last() { return graph_.nodes.back(); }
  compiler::MapShape shape(const std::string& value) const {
    return compiler::infer_shapes(graph_).at(value);
  }

 private:
  compiler::Graph graph_;
  TestRandom random_;
};

/// Every value of the graph by the naive evaluator, [channel][row][column].
Values evaluate_naively(const compiler::Graph& graph, std::span<const float> input);

}  // namespace npu::tests
