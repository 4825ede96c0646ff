// Builds small quantised graphs for tests, with random weights, biases and scales within the machine's
// ranges.
#pragma once

#include <string>
#include <vector>

#include "compiler/quant/quantized_graph.h"
#include "tests/support.h"

namespace npu::tests {

class QuantizedBuilder {
 public:
  QuantizedBuilder(compiler::MapShape input, std::uint64_t seed, int bits = 8, int accumulator_bits = 32);

  compiler::TensorId tensor(compiler::MapShape shape, float scale = 1.0F, std::int32_t zero_point = 0);
  /// A tensor with a random zero point.
  compiler::TensorId random_tensor(compiler::MapShape shape);

  compiler::TensorId conv(compiler::TensorId input, std::int64_t out_channels, const compiler::Window& window,
                          std::int64_t groups = 1, bool leaky = false);
  compiler::TensorId add(compiler::TensorId a, compiler::TensorId b);
  compiler::TensorId rescale(compiler::TensorId input);
  compiler::TensorId rescale(compiler::TensorId input, compiler::TensorId output);
  compiler::TensorId concat(const std::vector<compiler::TensorId>& inputs);
  compiler::TensorId max_pool(compiler::TensorId input, const compiler::Window& window);
  compiler::TensorId average_pool(compiler::TensorId input, const compiler::Window& window, bool by_count);

  void emit(compiler::QOperator op);
  compiler::QuantizedGraph finish(compiler::TensorId output);
  std::vector<std::int32_t> random_input();
  compiler::QuantizedGraph& graph() { return graph_; }
  template <class Op>
  Op& last() {
    return std::get<Op>(graph_.nodes.back().op);
  }

 private:
  const compiler::QTensor& of(compiler::TensorId id) const {
    return graph_.tensors[static_cast<std::size_t>(id)];
  }
  hw::OutputStage random_stage(compiler::TensorId output, std::int64_t typical_sum);

  compiler::QuantizedGraph graph_;
  TestRandom random_;
};

}  // namespace npu::tests
