#include "tests/compiler/reference/oracle.h"

#include <algorithm>

#include "tests/rounding_oracle.h"

namespace npu::tests {

using namespace npu::compiler;

namespace {

__extension__ using Int128 = __int128;

struct Oracle {
  const QuantizedGraph& graph;
  std::vector<std::vector<std::int32_t>> values;

  const QTensor& tensor(TensorId id) const { return graph.tensors[static_cast<std::size_t>(id)]; }
  std::vector<std::int32_t>& of(TensorId id) { return values[static_cast<std::size_t>(id)]; }
  bool inside(TensorId id, std::int64_t y, std::int64_t x) const {
    return y >= 0 && x >= 0 && y < tensor(id).shape.height && x < tensor(id).shape.width;
  }
  std::int32_t at(TensorId id, std::int64_t y, std::int64_t x, std::int64_t c) {
    const MapShape& shape = tensor(id).shape;
    return of(id)[static_cast<std::size_t>((y * shape.width + x) * shape.channels + c)];
  }
  std::int32_t finish(Int128 v, int shift, std::int32_t zero_point, std::int32_t low,
                      std::int32_t high) const {
    const Int128 y = rounding_oracle(v, shift, graph.rounding) + zero_point;
    return static_cast<std::int32_t>(std::min<Int128>(std::max<Int128>(y, low), high));
  }
  template <class Compute>
  void each(TensorId id, Compute compute) {
    const MapShape& shape = tensor(id).shape;
    for (std::int64_t y = 0; y < shape.height; ++y) {
      for (std::int64_t x = 0; x < shape.width; ++x) {
        for (std::int64_t c = 0; c < shape.channels; ++c) of(id).push_back(compute(y, x, c));
      }
    }
  }

  void operator()(const QConv& op) {
    const std::int64_t group_inputs = tensor(op.input).shape.channels / op.groups;
    const std::int64_t group_outputs = tensor(op.output).shape.channels / op.groups;
    each(op.output, [&](std::int64_t y, std::int64_t x, std::int64_t k) {
      const auto channel = static_cast<std::size_t>(k);
      Int128 sum = op.bias[channel];
      for (std::int64_t dy = 0; dy < op.window.kernel_height; ++dy) {
        for (std::int64_t dx = 0; dx < op.window.kernel_width; ++dx) {
          for (std::int64_t c = 0; c < group_inputs; ++c) {
            const std::int64_t row = y * op.window.stride_height + dy - op.window.pad_top;
            const std::int64_t column = x * op.window.stride_width + dx - op.window.pad_left;
            const std::int64_t q = inside(op.input, row, column)
                                       ? at(op.input, row, column, k / group_outputs * group_inputs + c)
                                       : tensor(op.input).zero_point;
            const auto tap =
                ((k * op.window.kernel_height + dy) * op.window.kernel_width + dx) * group_inputs + c;
            sum += Int128{q} * (op.weights[static_cast<std::size_t>(tap)] - op.weight_zero_point);
          }
        }
      }
      const bool negative = op.stage.leaky && sum < 0;
      Int128 multiplier = negative ? op.stage.negative_multiplier : op.stage.multiplier;
      if (!op.channel_multiplier.empty()) multiplier = op.channel_multiplier[channel];
      const int shift = (negative ? op.stage.negative_shift : op.stage.shift) + op.channel_shift[channel];
      return finish(sum * multiplier, shift, op.stage.zero_point, op.stage.low, op.stage.high);
    });
  }
  void operator()(const QAdd& op) {
    each(op.output, [&](std::int64_t y, std::int64_t x, std::int64_t c) {
      const Int128 a = Int128{at(op.a, y, x, c) - op.a_operand.zero_point} * op.a_operand.multiplier;
      const Int128 b = Int128{at(op.b, y, x, c) - op.b_operand.zero_point} * op.b_operand.multiplier;
      return finish(a + b, op.stage.shift, op.stage.zero_point, op.stage.low, op.stage.high);
    });
  }
  void operator()(const QRescale& op) {
    each(op.output, [&](std::int64_t y, std::int64_t x, std::int64_t c) {
      const Int128 v = Int128{at(op.input, y, x, c) - op.operand.zero_point} * op.operand.multiplier;
      return finish(v, op.stage.shift, op.stage.zero_point, op.stage.low, op.stage.high);
    });
  }
  void operator()(const QConcat& op) {
    each(op.output, [&](std::int64_t y, std::int64_t x, std::int64_t c) {
      std::size_t part = 0;
      while (c >= tensor(op.inputs[part]).shape.channels) c -= tensor(op.inputs[part++]).shape.channels;
      return at(op.inputs[part], y, x, c);
    });
  }
  template <class Pool>
  std::vector<std::int32_t> window_values(const Pool& op, std::int64_t y, std::int64_t x, std::int64_t c) {
    std::vector<std::int32_t> found;
    for (std::int64_t dy = 0; dy < op.window.kernel_height; ++dy) {
      for (std::int64_t dx = 0; dx < op.window.kernel_width; ++dx) {
        const std::int64_t row = y * op.window.stride_height + dy - op.window.pad_top;
        const std::int64_t column = x * op.window.stride_width + dx - op.window.pad_left;
        if (inside(op.input, row, column)) found.push_back(at(op.input, row, column, c));
      }
    }
    return found;
  }
  void operator()(const QMaxPool& op) {
    each(op.output, [&](std::int64_t y, std::int64_t x, std::int64_t c) {
      const auto found = window_values(op, y, x, c);
      return *std::max_element(found.begin(), found.end());
    });
  }
  void operator()(const QAveragePool& op) {
    each(op.output, [&](std::int64_t y, std::int64_t x, std::int64_t c) {
      const auto found = window_values(op, y, x, c);
      Int128 sum = 0;
      for (const std::int32_t q : found) sum += q - tensor(op.input).zero_point;
      const Int128 multiplier =
          op.multiplier_by_count.empty() ? op.stage.multiplier : op.multiplier_by_count[found.size()];
      return finish(sum * multiplier, op.stage.shift, op.stage.zero_point, op.stage.low, op.stage.high);
    });
  }
};

}  // namespace

std::vector<std::vector<std::int32_t>> run_oracle(const QuantizedGraph& graph,
                                                  const std::vector<std::int32_t>& input) {
  Oracle oracle{graph, std::vector<std::vector<std::int32_t>>(graph.tensors.size())};
  oracle.of(graph.input) = input;
  for (const QNode& node : graph.nodes) std::visit(oracle, node.op);
  return oracle.values;
}

}  // namespace npu::tests
