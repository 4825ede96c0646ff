#include "tests/compiler/reference/quantized_builder.h"

#include <algorithm>

#include "compiler/quant/window_geometry.h"

namespace npu::tests {

using namespace npu::compiler;

QuantizedBuilder::QuantizedBuilder(MapShape input, std::uint64_t seed, int bits, int accumulator_bits)
    : random_(seed) {
  graph_.name = "test";
  graph_.weight_bits = graph_.activation_bits = bits;
  graph_.accumulator_bits = accumulator_bits;
  graph_.input = random_tensor(input);
}

TensorId QuantizedBuilder::tensor(MapShape shape, float scale, std::int32_t zero_point) {
  graph_.tensors.push_back({"tensor" + std::to_string(graph_.tensors.size()), shape, scale, zero_point});
  return static_cast<TensorId>(graph_.tensors.size()) - 1;
}

TensorId QuantizedBuilder::random_tensor(MapShape shape) {
  return tensor(shape, 1.0F,
                static_cast<std::int32_t>(random_.integer(hw::min_of_bits(graph_.activation_bits) / 3,
                                                          hw::max_of_bits(graph_.activation_bits) / 3)));
}

// A stage that takes sums of about `typical_sum` to outputs that fill the type and sometimes leave it.
hw::OutputStage QuantizedBuilder::random_stage(TensorId output, std::int64_t typical_sum) {
  hw::OutputStage stage;
  stage.multiplier = static_cast<std::uint32_t>(random_.integer(1 << 15, (1 << 16) - 1));
  stage.shift = 16 - graph_.activation_bits + 1;
  while (typical_sum > 1 && stage.shift < 40) {
    typical_sum /= 2;
    ++stage.shift;
  }
  stage.zero_point = of(output).zero_point;
  stage.low = static_cast<std::int32_t>(random_.integer(hw::min_of_bits(graph_.activation_bits), -100));
  stage.high = static_cast<std::int32_t>(random_.integer(100, hw::max_of_bits(graph_.activation_bits)));
  return stage;
}

TensorId QuantizedBuilder::conv(TensorId input, std::int64_t out_channels, const Window& window,
                                std::int64_t groups, bool leaky) {
  QConv conv;
  conv.input = input;
  conv.output = random_tensor(window_output_shape(window, of(input).shape, out_channels));
  conv.window = window;
  conv.groups = groups;
  const std::int64_t taps = window.kernel_height * window.kernel_width * (of(input).shape.channels / groups);
  const std::int64_t limit = hw::max_of_bits(graph_.weight_bits);
  const std::int64_t typical = taps * limit * hw::max_of_bits(graph_.activation_bits) / 4;
  for (std::int64_t i = 0; i < out_channels * taps; ++i) {
    conv.weights.push_back(static_cast<std::int16_t>(random_.integer(-limit, limit)));
  }
  for (std::int64_t channel = 0; channel < out_channels; ++channel) {
    conv.bias.push_back(random_.integer(-typical, typical));
    conv.channel_shift.push_back(static_cast<std::uint8_t>(random_.integer(0, 2)));
  }
  conv.channel_shift.back() = 15;
  conv.stage = random_stage(conv.output, typical);
  if (leaky) {
    conv.stage.leaky = true;
    conv.stage.negative_multiplier = static_cast<std::uint32_t>(random_.integer(1 << 15, (1 << 16) - 1));
    conv.stage.negative_shift = conv.stage.shift + 1;
  }
  const TensorId output = conv.output;
  emit(std::move(conv));
  return output;
}

TensorId QuantizedBuilder::add(TensorId a, TensorId b) {
  QAdd add;
  add.a = a;
  add.b = b;
  add.output = random_tensor(of(a).shape);
  add.a_operand = {of(a).zero_point, static_cast<std::uint32_t>(random_.integer(1 << 15, (1 << 16) - 1))};
  add.b_operand = {of(b).zero_point, static_cast<std::uint32_t>(random_.integer(1, (1 << 16) - 1))};
  add.stage = random_stage(add.output, 1);
  add.stage.shift = 17;
  const TensorId output = add.output;
  emit(std::move(add));
  return output;
}

TensorId QuantizedBuilder::rescale(TensorId input) { return rescale(input, random_tensor(of(input).shape)); }

TensorId QuantizedBuilder::rescale(TensorId input, TensorId output) {
  QRescale op{input, output, {of(input).zero_point, 40000}, random_stage(output, 1)};
  op.stage.shift = 16;
  emit(op);
  return output;
}

TensorId QuantizedBuilder::concat(const std::vector<TensorId>& inputs) {
  QConcat op{inputs, -1};
  MapShape shape = of(inputs[0]).shape;
  shape.channels = 0;
  for (const TensorId id : inputs) shape.channels += of(id).shape.channels;
  op.output = tensor(shape, of(inputs[0]).scale, of(inputs[0]).zero_point);
  emit(op);
  return op.output;
}

TensorId QuantizedBuilder::max_pool(TensorId input, const Window& window) {
  const MapShape shape = window_output_shape(window, of(input).shape, of(input).shape.channels);
  const TensorId output = tensor(shape, of(input).scale, of(input).zero_point);
  emit(QMaxPool{input, output, window});
  return output;
}

TensorId QuantizedBuilder::average_pool(TensorId input, const Window& window, bool by_count) {
  QAveragePool pool;
  pool.input = input;
  pool.window = window;
  pool.output = random_tensor(window_output_shape(window, of(input).shape, of(input).shape.channels));
  pool.stage = random_stage(pool.output, window.kernel_height * window.kernel_width * 64);
  if (by_count) {
    pool.stage.shift = 16;
    for (std::int64_t count = 0; count <= window.kernel_height * window.kernel_width; ++count) {
      pool.multiplier_by_count.push_back(
          static_cast<std::uint32_t>(65535 / std::max<std::int64_t>(count, 1)));
    }
  }
  const TensorId output = pool.output;
  emit(std::move(pool));
  return output;
}

void QuantizedBuilder::emit(QOperator op) {
  graph_.nodes.push_back({"node" + std::to_string(graph_.nodes.size()), std::move(op)});
}

QuantizedGraph QuantizedBuilder::finish(TensorId output) {
  graph_.output = output;
  return graph_;
}

std::vector<std::int32_t> QuantizedBuilder::random_input() {
  std::vector<std::int32_t> input(static_cast<std::size_t>(of(graph_.input).shape.elements()));
  for (auto& value : input) {
    value = static_cast<std::int32_t>(
        random_.integer(hw::min_of_bits(graph_.activation_bits), hw::max_of_bits(graph_.activation_bits)));
  }
  return input;
}

}  // namespace npu::tests
