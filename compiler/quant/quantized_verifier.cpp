// verify_quantized: what scheduling, code generation and every engine may rely on. Ids and shapes first, then
// ranges of integers, then the proof that no accumulator overflows.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "compiler/quant/overflow_bound.h"
#include "compiler/quant/quantized_graph.h"
#include "compiler/quant/window_geometry.h"
#include "hw/common/error.h"

namespace npu::compiler {
namespace {

constexpr std::uint32_t kMultiplierLimit = 1U << 31;  // multiplier_bits is at most 31
constexpr int kMaxChannelShiftBits = 5;

std::string text(const MapShape& shape) {
  return fmt::format("{}x{}x{}", shape.channels, shape.height, shape.width);
}

class Verifier {
 public:
  explicit Verifier(const QuantizedGraph& graph) : graph_(graph) {}

  void run() {
    check_widths();
    check_tensors();
    check_order();
    check_concat_views();
    for (const auto& node : graph_.nodes) {
      node_ = node.name;
      std::visit([this](const auto& op) { check(op); }, node.op);
    }
  }

 private:
  void require(bool condition, const std::string& problem) const {
    if (!condition) throw GraphError(node_, problem);
  }
  void require_range(const char* what, std::int64_t value, std::int64_t low, std::int64_t high) const {
    if (value < low || value > high) {
      throw GraphError(node_, fmt::format("{} is {}, expected {} to {}", what, value, low, high));
    }
  }
  const QTensor& tensor(TensorId id) const { return graph_.tensors[static_cast<std::size_t>(id)]; }
  std::int64_t type_low() const { return hw::min_of_bits(graph_.activation_bits); }
  std::int64_t type_high() const { return hw::max_of_bits(graph_.activation_bits); }

  void check_widths() {
    node_ = graph_.name;
    require_range("weight_bits", graph_.weight_bits, 2, 16);
    require_range("activation_bits", graph_.activation_bits, 2, 16);
    require_range("accumulator_bits", graph_.accumulator_bits, 24, 56);
    require_range("shift_bits", graph_.shift_bits, 0, kMaxChannelShiftBits);
  }

  void check_tensors() {
    std::set<std::string> names;
    for (const auto& tensor : graph_.tensors) {
      node_ = tensor.name;
      require(!tensor.name.empty() && names.insert(tensor.name).second,
              "tensor names must be unique and not empty");
      require(tensor.shape.channels > 0 && tensor.shape.height > 0 && tensor.shape.width > 0,
              fmt::format("tensor shape is {}, expected positive extents", text(tensor.shape)));
      require(std::isfinite(tensor.scale) && tensor.scale > 0,
              fmt::format("tensor scale is {}, expected a positive number", tensor.scale));
      require_range("tensor zero point", tensor.zero_point, type_low(), type_high());
    }
  }

  // Every tensor has one producer, before its consumers; the graph input has none.
  void check_order() {
    std::vector<bool> ready(graph_.tensors.size(), false);
    const auto last_id = static_cast<std::int64_t>(graph_.tensors.size()) - 1;
    node_ = graph_.name;
    require_range("input tensor id", graph_.input, 0, last_id);
    require_range("output tensor id", graph_.output, 0, last_id);
    ready[static_cast<std::size_t>(graph_.input)] = true;
    std::set<std::string> names;
    for (const auto& node : graph_.nodes) {
      node_ = node.name;
      require(!node.name.empty() && names.insert(node.name).second,
              "node names must be unique and not empty");
      for (const TensorId id : inputs_of(node.op)) {
        require_range("input tensor id", id, 0, last_id);
        require(ready[static_cast<std::size_t>(id)],
                fmt::format("reads tensor '{}' before any node has written it", tensor(id).name));
      }
      const TensorId output = output_of(node.op);
      require_range("output tensor id", output, 0, last_id);
      require(!ready[static_cast<std::size_t>(output)],
              fmt::format("writes tensor '{}', which already has a producer", tensor(output).name));
      ready[static_cast<std::size_t>(output)] = true;
    }
    node_ = graph_.name;
    require(ready[static_cast<std::size_t>(graph_.output)],
            fmt::format("no node writes the output tensor '{}'", tensor(graph_.output).name));
  }

  // A concatenation's inputs are slices of its output's memory: each tensor can be a slice once.
  void check_concat_views() {
    std::set<TensorId> slices;
    for (const auto& node : graph_.nodes) {
      const auto* concat = std::get_if<QConcat>(&node.op);
      if (concat == nullptr) continue;
      node_ = node.name;
      for (const TensorId id : concat->inputs) {
        require(id != graph_.input && id != graph_.output,
                fmt::format("concatenates the network's input or output '{}', expected a copy of it",
                            tensor(id).name));
        require(slices.insert(id).second,
                fmt::format("concatenates '{}' a second time, expected a copy of it", tensor(id).name));
      }
    }
  }

  void check_stage(const hw::OutputStage& stage, TensorId output, int largest_channel_shift) const {
    require_range("multiplier", stage.multiplier, 1, kMultiplierLimit - 1);
    require_range("shift n", stage.shift, 0, hw::kMaxShift);
    require_range("shift n + e_c", stage.shift + largest_channel_shift, 0, hw::kMaxShift);
    if (stage.leaky) {
      require_range("negative multiplier", stage.negative_multiplier, 1, kMultiplierLimit - 1);
      require_range("negative shift n", stage.negative_shift, 0, hw::kMaxShift);
      require_range("negative shift n + e_c", stage.negative_shift + largest_channel_shift, 0, hw::kMaxShift);
    }
    require_range("output zero point", stage.zero_point, tensor(output).zero_point,
                  tensor(output).zero_point);
    require_range("lower clamp", stage.low, type_low(), type_high());
    require_range("upper clamp", stage.high, stage.low, type_high());
  }

  void check_operand(const hw::ScaledOperand& operand, TensorId input) const {
    require_range("operand multiplier", operand.multiplier, 1, kMultiplierLimit - 1);
    require_range("operand zero point", operand.zero_point, tensor(input).zero_point,
                  tensor(input).zero_point);
  }

  void check_window(const Window& window, const MapShape& input, const MapShape& output, bool pool) const {
    constexpr std::int64_t kLimit = 65535;
    for (const std::int64_t extent :
         {window.kernel_height, window.kernel_width, window.stride_height, window.stride_width}) {
      require_range("kernel extent or stride", extent, 1, kLimit);
    }
    for (const std::int64_t pad : {window.pad_top, window.pad_left, window.pad_bottom, window.pad_right}) {
      require_range("pad", pad, 0, kLimit);
    }
    require(!window.ceil_mode, "ceil_mode is set, expected explicit pads");
    const MapShape expected = window_output_shape(window, input, output.channels);
    require(expected == output,
            fmt::format("output tensor is {}, its window gives {}", text(output), text(expected)));
    require(!pool || every_window_has_a_pixel(window, input),
            fmt::format("a window lies entirely in the padding of the {} input", text(input)));
  }

  void check(const QConv& conv) const {
    const MapShape& in = tensor(conv.input).shape;
    const MapShape& out = tensor(conv.output).shape;
    require(conv.groups > 0 && in.channels % conv.groups == 0 && out.channels % conv.groups == 0,
            fmt::format("{} groups do not divide {} input and {} output channels", conv.groups, in.channels,
                        out.channels));
    check_window(conv.window, in, out, false);
    const std::int64_t taps =
        conv.window.kernel_height * conv.window.kernel_width * (in.channels / conv.groups);
    const auto require_size = [&](const char* what, std::size_t found, std::int64_t expected) {
      require(static_cast<std::int64_t>(found) == expected,
              fmt::format("{} {}, expected {}", found, what, expected));
    };
    require_size("weights", conv.weights.size(), out.channels * taps);
    require_size("biases", conv.bias.size(), out.channels);
    require_size("channel shifts", conv.channel_shift.size(), out.channels);
    if (!conv.channel_multiplier.empty()) {
      require_size("channel multipliers", conv.channel_multiplier.size(), out.channels);
    }
    check_values(conv);
    check_accumulators(conv);
  }

  void check_values(const QConv& conv) const {
    const std::int64_t weight_limit = hw::max_of_bits(graph_.weight_bits);
    // Symmetric weights leave the smallest number of the type unused.
    const std::int64_t weight_low = conv.weight_zero_point == 0 ? -weight_limit : -weight_limit - 1;
    require_range("weight zero point", conv.weight_zero_point, -weight_limit - 1, weight_limit);
    for (const std::int16_t weight : conv.weights) require_range("weight", weight, weight_low, weight_limit);
    const bool per_channel = !conv.channel_multiplier.empty();
    require(!(per_channel && conv.stage.leaky),
            "multipliers by channel and a leaky activation exclude each other");
    const int shift_limit = per_channel ? hw::kMaxShift : (1 << graph_.shift_bits) - 1;
    int largest_shift = 0;
    for (const std::uint8_t shift : conv.channel_shift) {
      require_range("channel shift e_c", shift, 0, shift_limit);
      largest_shift = std::max<int>(largest_shift, shift);
    }
    for (const std::uint32_t multiplier : conv.channel_multiplier) {
      require_range("channel multiplier", multiplier, 1, kMultiplierLimit - 1);
    }
    check_stage(conv.stage, conv.output, largest_shift);
  }

  void check_accumulators(const QConv& conv) const {
    const std::int64_t register_limit = std::int64_t{1} << (graph_.accumulator_bits - 1);
    const std::int64_t total_limit = std::int64_t{1} << (graph_.accumulator_bits - 2);
    for (std::size_t channel = 0; channel < conv.bias.size(); ++channel) {
      const auto range = accumulator_range(conv, static_cast<std::int64_t>(channel), graph_.activation_bits);
      if (range.lowest < -register_limit || range.highest >= register_limit) {
        throw GraphError(
            node_, fmt::format("a partial sum of output channel {} can reach {} to {}, the {}-bit "
                               "accumulator holds {} to {}",
                               channel, range.lowest, range.highest, graph_.accumulator_bits, -register_limit,
                               register_limit - 1));
      }
      const std::int64_t bias = conv.bias[channel];
      if (bias <= -total_limit || bias >= total_limit || range.lowest + bias <= -total_limit ||
          range.highest + bias >= total_limit) {
        throw GraphError(
            node_, fmt::format("accumulator plus bias {} of output channel {} can reach {} to {}, expected "
                               "less than 2^{} in magnitude",
                               bias, channel, range.lowest + bias, range.highest + bias,
                               graph_.accumulator_bits - 2));
      }
    }
  }

  void check(const QAdd& add) const {
    const MapShape& out = tensor(add.output).shape;
    require(tensor(add.a).shape == out && tensor(add.b).shape == out,
            fmt::format("adds {} and {} to {}, expected equal shapes", text(tensor(add.a).shape),
                        text(tensor(add.b).shape), text(out)));
    check_operand(add.a_operand, add.a);
    check_operand(add.b_operand, add.b);
    check_stage(add.stage, add.output, 0);
    require(!add.stage.leaky, "a residual add has no leaky activation");
  }

  void check(const QRescale& rescale) const {
    require(tensor(rescale.input).shape == tensor(rescale.output).shape,
            fmt::format("rescales {} to {}, expected equal shapes", text(tensor(rescale.input).shape),
                        text(tensor(rescale.output).shape)));
    check_operand(rescale.operand, rescale.input);
    check_stage(rescale.stage, rescale.output, 0);
    require(!rescale.stage.leaky, "a rescale has no leaky activation");
  }

  void require_same_scale(TensorId input, TensorId output) const {
    const QTensor& in = tensor(input);
    const QTensor& out = tensor(output);
    require(in.scale == out.scale && in.zero_point == out.zero_point,
            fmt::format("'{}' has scale {:g} and zero point {}, its output {:g} and {}: expected the same",
                        in.name, in.scale, in.zero_point, out.scale, out.zero_point));
  }

  void check(const QConcat& concat) const {
    const MapShape& out = tensor(concat.output).shape;
    require(!concat.inputs.empty(), "concatenates nothing");
    MapShape sum{0, out.height, out.width};
    for (const TensorId id : concat.inputs) {
      const MapShape& in = tensor(id).shape;
      require(in.height == out.height && in.width == out.width,
              fmt::format("concatenates {} into {}, expected equal height and width", text(in), text(out)));
      sum.channels += in.channels;
      require_same_scale(id, concat.output);
    }
    require(sum == out, fmt::format("concatenates {} channels into {}", sum.channels, out.channels));
  }

  void check(const QMaxPool& pool) const {
    check_window(pool.window, tensor(pool.input).shape, tensor(pool.output).shape, true);
    require(tensor(pool.input).shape.channels == tensor(pool.output).shape.channels,
            "changes the number of channels");
    require_same_scale(pool.input, pool.output);
  }

  void check(const QAveragePool& pool) const {
    const MapShape& in = tensor(pool.input).shape;
    check_window(pool.window, in, tensor(pool.output).shape, true);
    require(in.channels == tensor(pool.output).shape.channels, "changes the number of channels");
    check_stage(pool.stage, pool.output, 0);
    require(!pool.stage.leaky, "an average pool has no leaky activation");
    const std::int64_t area = pool.window.kernel_height * pool.window.kernel_width;
    const auto table = static_cast<std::int64_t>(pool.multiplier_by_count.size());
    require(table == 0 || table == area + 1,
            fmt::format("{} multipliers, expected none or one for each count up to {}", table, area));
    for (const std::int64_t count : window_counts(pool.window, in)) {
      if (table == 0) break;
      require_range("multiplier of a window", pool.multiplier_by_count[static_cast<std::size_t>(count)], 1,
                    kMultiplierLimit - 1);
    }
    const std::int64_t sum = largest_window_sum(std::min(area, in.height * in.width),
                                                tensor(pool.input).zero_point, graph_.activation_bits);
    require(sum < (std::int64_t{1} << (graph_.accumulator_bits - 2)),
            fmt::format("a window's sum can reach {}, expected less than 2^{}", sum,
                        graph_.accumulator_bits - 2));
  }

  const QuantizedGraph& graph_;
  std::string node_;
};

}  // namespace

void verify_quantized(const QuantizedGraph& graph) { Verifier(graph).run(); }

}  // namespace npu::compiler
