// Random quantised networks for tests of the compiler and the engines: every operator, odd sizes,
// concatenations.
#pragma once

#include "compiler/quant/quantized_graph.h"
#include "hw/arch/arch_config.h"
#include "tests/support.h"

namespace npu::tests {

/// Grows a network node by node, for a machine with the element widths of `data` and 4-bit shifts. Values,
/// shifts and multipliers are random over the widths' whole range but valid (verify_quantized passes).
class NetworkMaker {
 public:
  NetworkMaker(std::uint64_t seed, compiler::MapShape input, hw::DataConfig data = {});

  struct ConvShape {
    std::int64_t out_channels = 8;
    std::int64_t kernel_height = 3, kernel_width = 3;
    std::int64_t stride = 1;
    std::int64_t pad_top = 1, pad_left = 1, pad_bottom = 1, pad_right = 1;
    std::int64_t groups = 1;
    bool leaky = false;
  };
  compiler::TensorId conv(compiler::TensorId input, const ConvShape& shape);
  compiler::TensorId depthwise(compiler::TensorId input, std::int64_t kernel, std::int64_t stride);
  compiler::TensorId add(compiler::TensorId a, compiler::TensorId b);
  compiler::TensorId rescale(compiler::TensorId input);
  compiler::TensorId concat(const std::vector<compiler::TensorId>& inputs);
  compiler::TensorId max_pool(compiler::TensorId input, std::int64_t kernel, std::int64_t stride,
                              std::int64_t pad);
  compiler::TensorId average_pool(compiler::TensorId input, std::int64_t kernel_height,
                                  std::int64_t kernel_width, std::int64_t pad, bool by_count);

  compiler::TensorId input() const { return graph_.input; }
  const compiler::MapShape& shape(compiler::TensorId id) const { return graph_.tensors[id].shape; }

  /// Ends the network at `output`, verifies it and returns it.
  compiler::QuantizedGraph finish(compiler::TensorId output);

  TestRandom& random() { return random_; }

 private:
  compiler::TensorId tensor(compiler::MapShape shape, std::int32_t zero_point);
  hw::OutputStage stage(std::int64_t largest_sum, std::int32_t zero_point);
  std::int32_t zero_point_up_to(double fraction);
  std::int32_t low() const { return hw::min_of_bits(data_.activation_bits); }
  std::int32_t high() const { return hw::max_of_bits(data_.activation_bits); }

  TestRandom random_;
  hw::DataConfig data_;
  compiler::QuantizedGraph graph_;
};

/// A network that uses every operator: convolutions of all forms, residual add, concatenation of views,
/// pools.
compiler::QuantizedGraph all_operators_network(std::uint64_t seed, compiler::MapShape input,
                                               hw::DataConfig data = {});

/// Random input [row][column][channel] over the whole range of the network's activations.
std::vector<std::int32_t> random_input(const compiler::QuantizedGraph& graph, std::uint64_t seed);

}  // namespace npu::tests
