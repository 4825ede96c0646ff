// Models the arithmetic of the quantised network and nothing else: no tiles, no memories, no time. Loops run
// over pixels, then output channels, then taps; sums are exact and every output passes through hw/numerics
// once. For speed only: a padded copy of the input removes the border cases, and each window row of a dense
// convolution is one contiguous dot product that the compiler vectorises.
#include "compiler/reference/interpreter.h"

#include <fmt/core.h>

#include <algorithm>

#include "compiler/quant/window_geometry.h"
#include "compiler/reference/padded_map.h"
#include "hw/common/error.h"

namespace npu::compiler {
namespace {

using Values = std::vector<std::int32_t>;

// Widest products whose sum cannot leave 32 bits: verify_quantized has bounded every partial sum by the
// accumulator.
constexpr int kNarrowAccumulatorBits = 32;

template <class Accumulator>
Accumulator dot(const std::int16_t* x, const std::int16_t* weights, std::int64_t count) {
  Accumulator sum = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    sum += static_cast<Accumulator>(std::int32_t{x[i]} * std::int32_t{weights[i]});
  }
  return sum;
}

/// Sum of x * (weight - zero_point).
template <class Accumulator>
Accumulator dot(const std::int16_t* x, const std::int16_t* weights, std::int64_t count,
                std::int32_t zero_point) {
  Accumulator sum = dot<Accumulator>(x, weights, count);
  if (zero_point != 0) {
    for (std::int64_t i = 0; i < count; ++i) sum -= static_cast<Accumulator>(std::int32_t{x[i]} * zero_point);
  }
  return sum;
}

class Execution {
 public:
  Execution(const QuantizedGraph& graph, std::vector<Values>& tensors) : graph_(graph), tensors_(tensors) {}

  /// Number of outputs cut by the type's range.
  std::int64_t run(const QNode& node) {
    saturated_ = 0;
    std::visit([this](const auto& op) { execute(op); }, node.op);
    return saturated_;
  }

 private:
  const QTensor& tensor(TensorId id) const { return graph_.tensors[static_cast<std::size_t>(id)]; }
  const Values& values(TensorId id) const { return tensors_[static_cast<std::size_t>(id)]; }
  Values& allocate(TensorId id) {
    Values& output = tensors_[static_cast<std::size_t>(id)];
    output.assign(static_cast<std::size_t>(tensor(id).shape.elements()), 0);
    return output;
  }
  std::int32_t keep(const hw::StageResult& result) {
    saturated_ += result.saturated ? 1 : 0;
    return result.value;
  }
  std::int32_t compound(const QConv& conv, std::int64_t channel, std::int64_t accumulator) {
    const auto index = static_cast<std::size_t>(channel);
    hw::OutputStage stage = conv.stage;
    if (!conv.channel_multiplier.empty()) stage.multiplier = conv.channel_multiplier[index];
    return keep(hw::apply_output_stage(hw::Wide{accumulator} + conv.bias[index], stage,
                                       conv.channel_shift[index], graph_.rounding, graph_.activation_bits));
  }

  void execute(const QConv& conv) {
    const MapShape& in = tensor(conv.input).shape;
    const bool depthwise = conv.groups == in.channels && tensor(conv.output).shape.channels == in.channels;
    const PaddedMap input(values(conv.input), in, conv.window, tensor(conv.input).zero_point);
    const bool narrow = graph_.accumulator_bits <= kNarrowAccumulatorBits && conv.weight_zero_point == 0;
    if (depthwise) {
      narrow ? depthwise_conv<std::int32_t>(conv, input) : depthwise_conv<std::int64_t>(conv, input);
    } else {
      narrow ? grouped_conv<std::int32_t>(conv, input) : grouped_conv<std::int64_t>(conv, input);
    }
  }

  // One output pixel after the other; each output channel sums the window rows of its group.
  template <class Accumulator>
  void grouped_conv(const QConv& conv, const PaddedMap& input) {
    const MapShape& out = tensor(conv.output).shape;
    Values& output = allocate(conv.output);
    const Window& window = conv.window;
    const std::int64_t group_inputs = input.channels() / conv.groups;
    const std::int64_t group_outputs = out.channels / conv.groups;
    // With one group the pixels of a window row are contiguous in the input as in the weights: one long dot
    // product.
    const std::int64_t runs = conv.groups == 1 ? 1 : window.kernel_width;
    const std::int64_t run_length = conv.groups == 1 ? window.kernel_width * group_inputs : group_inputs;
    std::size_t next = 0;
    for (std::int64_t y = 0; y < out.height; ++y) {
      for (std::int64_t x = 0; x < out.width; ++x) {
        const std::int16_t* weights = conv.weights.data();
        for (std::int64_t channel = 0; channel < out.channels; ++channel) {
          const std::int64_t first_input = channel / group_outputs * group_inputs;
          Accumulator sum = 0;
          for (std::int64_t dy = 0; dy < window.kernel_height; ++dy) {
            const std::int16_t* row =
                input.pixel(y * window.stride_height + dy, x * window.stride_width) + first_input;
            for (std::int64_t run = 0; run < runs; ++run) {
              sum +=
                  dot<Accumulator>(row + run * input.channels(), weights, run_length, conv.weight_zero_point);
              weights += run_length;
            }
          }
          output[next++] = compound(conv, channel, sum);
        }
      }
    }
  }

  // All channels of a pixel side by side, tap by tap.
  template <class Accumulator>
  void depthwise_conv(const QConv& conv, const PaddedMap& input) {
    const MapShape& out = tensor(conv.output).shape;
    Values& output = allocate(conv.output);
    const Window& window = conv.window;
    const std::int64_t taps = window.kernel_height * window.kernel_width;
    std::vector<std::int16_t> by_tap(conv.weights.size());  // [tap][channel]
    for (std::int64_t channel = 0; channel < out.channels; ++channel) {
      for (std::int64_t tap = 0; tap < taps; ++tap) {
        by_tap[static_cast<std::size_t>(tap * out.channels + channel)] =
            conv.weights[static_cast<std::size_t>(channel * taps + tap)];
      }
    }
    std::vector<Accumulator> sums(static_cast<std::size_t>(out.channels));
    std::size_t next = 0;
    for (std::int64_t y = 0; y < out.height; ++y) {
      for (std::int64_t x = 0; x < out.width; ++x) {
        std::fill(sums.begin(), sums.end(), Accumulator{0});
        for (std::int64_t tap = 0; tap < taps; ++tap) {
          const std::int16_t* pixel = input.pixel(y * window.stride_height + tap / window.kernel_width,
                                                  x * window.stride_width + tap % window.kernel_width);
          const std::int16_t* weights = by_tap.data() + tap * out.channels;
          for (std::size_t channel = 0; channel < sums.size(); ++channel) {
            const std::int32_t weight = std::int32_t{weights[channel]} - conv.weight_zero_point;
            sums[channel] += static_cast<Accumulator>(pixel[channel]) * static_cast<Accumulator>(weight);
          }
        }
        for (std::int64_t channel = 0; channel < out.channels; ++channel) {
          output[next++] = compound(conv, channel, sums[static_cast<std::size_t>(channel)]);
        }
      }
    }
  }

  void execute(const QAdd& add) {
    const Values& a = values(add.a);
    const Values& b = values(add.b);
    Values& output = allocate(add.output);
    for (std::size_t i = 0; i < output.size(); ++i) {
      const hw::Wide sum = hw::scaled(a[i], add.a_operand) + hw::scaled(b[i], add.b_operand);
      output[i] = keep(hw::finish_scaled_sum(sum, add.stage, graph_.rounding, graph_.activation_bits));
    }
  }

  void execute(const QRescale& rescale) {
    const Values& input = values(rescale.input);
    Values& output = allocate(rescale.output);
    for (std::size_t i = 0; i < output.size(); ++i) {
      output[i] = keep(hw::finish_scaled_sum(hw::scaled(input[i], rescale.operand), rescale.stage,
                                             graph_.rounding, graph_.activation_bits));
    }
  }

  void execute(const QConcat& concat) {
    const MapShape& out = tensor(concat.output).shape;
    Values& output = allocate(concat.output);
    std::int64_t first_channel = 0;
    for (const TensorId id : concat.inputs) {
      const std::int64_t channels = tensor(id).shape.channels;
      const Values& input = values(id);
      for (std::int64_t pixel = 0; pixel < out.height * out.width; ++pixel) {
        std::copy_n(input.begin() + pixel * channels, channels,
                    output.begin() + pixel * out.channels + first_channel);
      }
      first_channel += channels;
    }
  }

  // Calls visit(value) for each real pixel of the window at (y, x), channel `channel`.
  template <class Visit>
  void for_window(const Window& window, const MapShape& in, std::int64_t y, std::int64_t x,
                  Visit visit) const {
    const RealSpan rows = real_span(y, window.stride_height, window.pad_top, window.kernel_height, in.height);
    const RealSpan columns =
        real_span(x, window.stride_width, window.pad_left, window.kernel_width, in.width);
    for (std::int64_t row = rows.begin; row < rows.end; ++row) {
      for (std::int64_t column = columns.begin; column < columns.end; ++column) {
        visit((row * in.width + column) * in.channels);
      }
    }
  }

  void execute(const QMaxPool& pool) {
    const MapShape& in = tensor(pool.input).shape;
    const MapShape& out = tensor(pool.output).shape;
    const Values& input = values(pool.input);
    Values& output = allocate(pool.output);
    std::fill(output.begin(), output.end(), hw::min_of_bits(graph_.activation_bits));
    for (std::int64_t y = 0; y < out.height; ++y) {
      for (std::int64_t x = 0; x < out.width; ++x) {
        std::int32_t* result = output.data() + (y * out.width + x) * out.channels;
        for_window(pool.window, in, y, x, [&](std::int64_t offset) {
          for (std::int64_t channel = 0; channel < in.channels; ++channel) {
            result[channel] = std::max(result[channel], input[static_cast<std::size_t>(offset + channel)]);
          }
        });
      }
    }
  }

  void execute(const QAveragePool& pool) {
    const MapShape& in = tensor(pool.input).shape;
    const MapShape& out = tensor(pool.output).shape;
    const Values& input = values(pool.input);
    Values& output = allocate(pool.output);
    std::vector<std::int64_t> sums(static_cast<std::size_t>(in.channels));
    std::size_t next = 0;
    for (std::int64_t y = 0; y < out.height; ++y) {
      for (std::int64_t x = 0; x < out.width; ++x) {
        std::fill(sums.begin(), sums.end(), 0);
        std::int64_t count = 0;
        for_window(pool.window, in, y, x, [&](std::int64_t offset) {
          ++count;
          for (std::size_t channel = 0; channel < sums.size(); ++channel) {
            sums[channel] += input[static_cast<std::size_t>(offset) + channel];
          }
        });
        hw::OutputStage stage = pool.stage;
        if (!pool.multiplier_by_count.empty()) {
          stage.multiplier = pool.multiplier_by_count[static_cast<std::size_t>(count)];
        }
        for (const std::int64_t sum : sums) {
          output[next++] = keep(hw::average(sum, count, tensor(pool.input).zero_point, stage, graph_.rounding,
                                            graph_.activation_bits));
        }
      }
    }
  }

  const QuantizedGraph& graph_;
  std::vector<Values>& tensors_;
  std::int64_t saturated_ = 0;
};

void check_input(const QuantizedGraph& graph, std::span<const std::int32_t> input) {
  const QTensor& tensor = graph.tensors[static_cast<std::size_t>(graph.input)];
  if (static_cast<std::int64_t>(input.size()) != tensor.shape.elements()) {
    throw GraphError(tensor.name, fmt::format("the network input has {} values, expected {}", input.size(),
                                              tensor.shape.elements()));
  }
  const std::int32_t low = hw::min_of_bits(graph.activation_bits);
  const std::int32_t high = hw::max_of_bits(graph.activation_bits);
  for (std::size_t i = 0; i < input.size(); ++i) {
    if (input[i] < low || input[i] > high) {
      throw GraphError(tensor.name, fmt::format("network input value {} is {}, expected {} to {}", i,
                                                input[i], low, high));
    }
  }
}

}  // namespace

std::int64_t interpret_node(const QuantizedGraph& graph, const QNode& node, std::vector<Values>& tensors) {
  return Execution(graph, tensors).run(node);
}

InterpreterResult interpret(const QuantizedGraph& graph, std::span<const std::int32_t> input) {
  verify_quantized(graph);
  check_input(graph, input);
  InterpreterResult result;
  result.tensors.resize(graph.tensors.size());
  result.tensors[static_cast<std::size_t>(graph.input)].assign(input.begin(), input.end());
  Execution execution(graph, result.tensors);
  for (const auto& node : graph.nodes) result.saturated.push_back(execution.run(node));
  return result;
}

}  // namespace npu::compiler
