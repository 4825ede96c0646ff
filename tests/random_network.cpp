#include "tests/random_network.h"

#include <fmt/core.h>

namespace npu::tests {

using compiler::MapShape;
using compiler::TensorId;

NetworkMaker::NetworkMaker(std::uint64_t seed, MapShape input, hw::DataConfig data)
    : random_(seed), data_(data) {
  graph_.name = fmt::format("random_{}", seed);
  graph_.weight_bits = data.weight_bits;
  graph_.activation_bits = data.activation_bits;
  graph_.accumulator_bits = data.accumulator_bits;
  graph_.input = tensor(input, zero_point_up_to(1.0));
}

// Between the type's minimum and `fraction` of its maximum.
std::int32_t NetworkMaker::zero_point_up_to(double fraction) {
  return static_cast<std::int32_t>(random_.integer(low(), static_cast<std::int64_t>(fraction * high())));
}

TensorId NetworkMaker::tensor(MapShape shape, std::int32_t zero_point) {
  const auto id = static_cast<TensorId>(graph_.tensors.size());
  graph_.tensors.push_back({fmt::format("t{}", id), shape, 0.05F, zero_point});
  return id;
}

// A multiplier and shift that bring sums of up to `largest_sum` near the output's range, with some
// saturation.
hw::OutputStage NetworkMaker::stage(std::int64_t largest_sum, std::int32_t zero_point) {
  hw::OutputStage result;
  int bits = 1;
  while ((std::int64_t{1} << bits) < largest_sum) ++bits;
  result.multiplier = static_cast<std::uint32_t>(random_.integer(32768, 65535));
  result.shift = std::max(0, 16 + bits - data_.activation_bits - 2 - static_cast<int>(random_.integer(0, 2)));
  result.zero_point = zero_point;
  result.low = random_.integer(0, 2) == 0 ? zero_point : low();  // ReLU
  result.high =
      random_.integer(0, 3) == 0 ? static_cast<std::int32_t>(random_.integer(zero_point, high())) : high();
  return result;
}

TensorId NetworkMaker::conv(TensorId input, const ConvShape& shape) {
  const MapShape in = graph_.tensors[input].shape;
  compiler::QConv op;
  op.input = input;
  op.window = {shape.kernel_height, shape.kernel_width, shape.stride,    shape.stride, shape.pad_top,
               shape.pad_left,      shape.pad_bottom,   shape.pad_right, false};
  op.groups = shape.groups;
  const std::int64_t terms = shape.kernel_height * shape.kernel_width * in.channels / shape.groups;
  const std::int64_t weight_limit = hw::max_of_bits(data_.weight_bits);
  const std::int64_t largest_sum = terms * weight_limit * (std::int64_t{high()} + 1) / 2;
  op.weights.resize(static_cast<std::size_t>(shape.out_channels * terms));
  for (auto& weight : op.weights)
    weight = static_cast<std::int16_t>(random_.integer(-weight_limit, weight_limit));
  for (std::int64_t channel = 0; channel < shape.out_channels; ++channel) {
    op.bias.push_back(random_.integer(-largest_sum / 16, largest_sum / 16));
    op.channel_shift.push_back(static_cast<std::uint8_t>(random_.integer(0, 15) * random_.integer(0, 1) / 4));
  }
  const std::int32_t zero_point = zero_point_up_to(0.8);
  op.stage = stage(largest_sum, zero_point);
  op.stage.leaky = shape.leaky;
  if (shape.leaky) {
    op.stage.low = low();
    op.stage.negative_multiplier = op.stage.multiplier / 2 + 7;
    op.stage.negative_shift = op.stage.shift + 2;
  }
  op.parameters = static_cast<std::int64_t>(op.weights.size() + op.bias.size());
  const MapShape out{shape.out_channels,
                     compiler::window_output(in.height, shape.kernel_height, shape.stride, shape.pad_top,
                                             shape.pad_bottom, false),
                     compiler::window_output(in.width, shape.kernel_width, shape.stride, shape.pad_left,
                                             shape.pad_right, false)};
  op.output = tensor(out, zero_point);
  graph_.nodes.push_back({fmt::format("conv{}", op.output), op});
  return op.output;
}

TensorId NetworkMaker::depthwise(TensorId input, std::int64_t kernel, std::int64_t stride) {
  const std::int64_t channels = shape(input).channels;
  const std::int64_t pad = kernel / 2;
  return conv(input, {channels, kernel, kernel, stride, pad, pad, pad, pad, channels, false});
}

TensorId NetworkMaker::add(TensorId a, TensorId b) {
  compiler::QAdd op;
  op.a = a;
  op.b = b;
  const std::int32_t zero_point = zero_point_up_to(0.8);
  op.a_operand = {graph_.tensors[a].zero_point, static_cast<std::uint32_t>(random_.integer(1000, 65535))};
  op.b_operand = {graph_.tensors[b].zero_point, static_cast<std::uint32_t>(random_.integer(1000, 65535))};
  op.stage = stage(8LL * high(), zero_point);
  op.stage.shift = 16;
  op.output = tensor(shape(a), zero_point);
  graph_.nodes.push_back({fmt::format("add{}", op.output), op});
  return op.output;
}

TensorId NetworkMaker::rescale(TensorId input) {
  compiler::QRescale op;
  op.input = input;
  const std::int32_t zero_point = zero_point_up_to(0.8);
  op.operand = {graph_.tensors[input].zero_point, static_cast<std::uint32_t>(random_.integer(10000, 65535))};
  op.stage = stage(2LL * high(), zero_point);
  op.stage.shift = 16;
  op.output = tensor(shape(input), zero_point);
  graph_.nodes.push_back({fmt::format("rescale{}", op.output), op});
  return op.output;
}

TensorId NetworkMaker::concat(const std::vector<TensorId>& inputs) {
  MapShape out = shape(inputs.front());
  out.channels = 0;
  const std::int32_t zero_point = graph_.tensors[inputs.front()].zero_point;
  for (const TensorId id : inputs) {
    out.channels += shape(id).channels;
    // One zero point for all parts: give it to the producers' stages as well.
    graph_.tensors[id].zero_point = zero_point;
    for (auto& node : graph_.nodes) {
      if (compiler::output_of(node.op) != id) continue;
      if (auto* conv_op = std::get_if<compiler::QConv>(&node.op)) {
        conv_op->stage.zero_point = zero_point;
        conv_op->stage.high = high();
        conv_op->stage.low = low();
      }
    }
  }
  const TensorId output = tensor(out, zero_point);
  graph_.nodes.push_back({fmt::format("concat{}", output), compiler::QConcat{inputs, output}});
  return output;
}

TensorId NetworkMaker::max_pool(TensorId input, std::int64_t kernel, std::int64_t stride, std::int64_t pad) {
  const MapShape in = shape(input);
  const std::int64_t after = std::min(pad + 1, kernel - 1);
  const compiler::Window window{kernel, kernel, stride, stride, pad, pad, after, after, false};
  const MapShape out{in.channels, compiler::window_output(in.height, kernel, stride, pad, after, false),
                     compiler::window_output(in.width, kernel, stride, pad, after, false)};
  const TensorId output = tensor(out, graph_.tensors[input].zero_point);
  graph_.nodes.push_back({fmt::format("max_pool{}", output), compiler::QMaxPool{input, output, window}});
  return output;
}

TensorId NetworkMaker::average_pool(TensorId input, std::int64_t kernel_height, std::int64_t kernel_width,
                                    std::int64_t pad, bool by_count) {
  const MapShape in = shape(input);
  const std::int64_t area = kernel_height * kernel_width;
  const compiler::Window window{kernel_height, kernel_width, 1, 1, pad, pad, pad, pad, false};
  const MapShape out{in.channels, compiler::window_output(in.height, kernel_height, 1, pad, pad, false),
                     compiler::window_output(in.width, kernel_width, 1, pad, pad, false)};
  compiler::QAveragePool op;
  op.input = input;
  op.window = window;
  const std::int32_t zero_point = zero_point_up_to(0.8);
  op.stage.zero_point = zero_point;
  op.stage.low = low();
  op.stage.high = high();
  op.stage.shift = 20;
  op.stage.multiplier = static_cast<std::uint32_t>((1 << 20) / area);
  if (by_count) {
    op.multiplier_by_count.push_back(0);
    for (std::int64_t count = 1; count <= area; ++count) {
      op.multiplier_by_count.push_back(static_cast<std::uint32_t>((1 << 20) / count));
    }
  }
  op.output = tensor(out, zero_point);
  graph_.nodes.push_back({fmt::format("average_pool{}", op.output), op});
  return op.output;
}

compiler::QuantizedGraph NetworkMaker::finish(TensorId output) {
  graph_.output = output;
  compiler::verify_quantized(graph_);
  return graph_;
}

compiler::QuantizedGraph all_operators_network(std::uint64_t seed, MapShape input, hw::DataConfig data) {
  NetworkMaker net(seed, input, data);
  const auto stem = net.conv(net.input(), {24, 5, 3, 2, 2, 1, 1, 2, 1, false});
  const auto pooled = net.max_pool(stem, 3, 2, 1);
  const auto wide = net.conv(pooled, {40, 1, 1, 1, 0, 0, 0, 0, 1, true});
  const auto spatial = net.depthwise(wide, 3, 1);
  const auto narrow = net.conv(spatial, {24, 1, 1, 1, 0, 0, 0, 0, 1, false});
  const auto sum = net.add(pooled, narrow);
  const auto left = net.conv(sum, {19, 1, 1, 1, 0, 0, 0, 0, 1, false});
  const auto right = net.conv(sum, {13, 3, 1, 1, 1, 0, 1, 0, 1, false});
  const auto both = net.concat({left, right});
  const auto grouped = net.conv(both, {30, 3, 3, 2, 0, 0, 1, 1, 2, false});
  const auto scaled = net.rescale(grouped);
  const auto averaged = net.average_pool(scaled, 3, 3, 1, true);
  const auto last =
      net.average_pool(averaged, net.shape(averaged).height, net.shape(averaged).width, 0, false);
  return net.finish(net.conv(last, {50, 1, 1, 1, 0, 0, 0, 0, 1, false}));
}

std::vector<std::int32_t> random_input(const compiler::QuantizedGraph& graph, std::uint64_t seed) {
  TestRandom random(seed);
  std::vector<std::int32_t> values(static_cast<std::size_t>(graph.tensors[graph.input].shape.elements()));
  const std::int64_t low = hw::min_of_bits(graph.activation_bits);
  const std::int64_t high = hw::max_of_bits(graph.activation_bits);
  for (auto& value : values) value = static_cast<std::int32_t>(random.integer(low, high));
  return values;
}

}  // namespace npu::tests
