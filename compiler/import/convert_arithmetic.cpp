// Add of two maps, Concat, and Add, Sub, Mul, Div with a constant per channel, which become a batch norm
// without statistics (mean 0, variance 1, epsilon 0) that folding merges into a neighbouring convolution.
#include <fmt/format.h>

#include <array>
#include <cmath>

#include "compiler/import/converters.h"

namespace npu::compiler {
namespace {

/// A flattened map may have 2^31 features; a file of a few bytes must not make us allocate an array for them.
constexpr std::int64_t kMostChannels = std::int64_t{1} << 20;

/// One number per channel from a constant that broadcasts along the channel axis or holds a single number.
std::vector<float> per_channel(const ImportNode& node, const ConstantTensor& constant,
                               const ImportedValue& value) {
  if (value.shape.channels > kMostChannels) {
    node.fail(fmt::format("found arithmetic with a constant on {} features, supported up to {}",
                          value.shape.channels, kMostChannels));
  }
  const auto channels = static_cast<std::size_t>(value.shape.channels);
  if (constant.elements() == 1 && constant.dims.size() <= static_cast<std::size_t>(value.rank)) {
    return std::vector<float>(channels, constant.floats->front());
  }
  std::vector<std::int64_t> dims = constant.dims;
  if (dims.size() <= static_cast<std::size_t>(value.rank)) {
    dims.insert(dims.begin(), static_cast<std::size_t>(value.rank) - dims.size(), 1);
  }
  std::vector<std::int64_t> expected(static_cast<std::size_t>(value.rank), 1);
  expected[1] = value.shape.channels;
  if (dims != expected) {
    node.fail(fmt::format("found a constant {}, supported is one number or one per channel, [{}]",
                          describe(constant), fmt::join(expected, ", ")));
  }
  return *constant.floats;
}

void emit_affine(const ImportNode& node, const ImportedValue& value, std::vector<float> scale,
                 std::vector<float> bias) {
  const std::size_t channels = scale.size();
  BatchNormOp norm;
  norm.scale = make_array(std::move(scale));
  norm.bias = make_array(std::move(bias));
  norm.mean = make_array(std::vector<float>(channels, 0.0F));
  norm.variance = make_array(std::vector<float>(channels, 1.0F));
  norm.epsilon = 0.0F;
  node.emit(norm, {value}, value.rank);
}

/// The two operands; exactly one may be a constant.
struct Operands {
  const ImportedValue& value;
  const ConstantTensor* constant;  ///< null: both are computed
  bool constant_first;
};

Operands read_operands(const ImportNode& node) {
  node.expect_inputs(2, 2);
  node.attributes().expect_only({});
  const bool first = node.input(0).is_constant();
  const bool second = node.input(1).is_constant();
  if (first && second) {
    node.fail("found two constants, supported is at least one computed value");
  }
  if (first) {
    return {node.input(1), &node.float_constant(0, "operand"), true};
  }
  return {node.input(0), second ? &node.float_constant(1, "operand") : nullptr, false};
}

/// Operand for the operators that we know with a constant only.
Operands read_constant_operands(const ImportNode& node) {
  const Operands operands = read_operands(node);
  if (operands.constant == nullptr) {
    node.fail("found two computed values, supported is one computed value and one constant");
  }
  return operands;
}

void convert_add(const ImportNode& node) {
  const Operands operands = read_operands(node);
  if (operands.constant != nullptr) {
    std::vector<float> bias = per_channel(node, *operands.constant, operands.value);
    std::vector<float> scale(bias.size(), 1.0F);
    return emit_affine(node, operands.value, std::move(scale), std::move(bias));
  }
  const ImportedValue& other = node.input(1);
  if (operands.value.rank != other.rank) {
    node.fail(fmt::format("found inputs of rank {} and {}, expected equal shapes", operands.value.rank,
                          other.rank));
  }
  node.emit(AddOp{}, {operands.value, other}, other.rank);
}

void convert_sub(const ImportNode& node) {
  const Operands operands = read_constant_operands(node);
  std::vector<float> bias = per_channel(node, *operands.constant, operands.value);
  std::vector<float> scale(bias.size(), operands.constant_first ? -1.0F : 1.0F);
  if (!operands.constant_first) {
    for (float& value : bias) {
      value = -value;
    }
  }
  emit_affine(node, operands.value, std::move(scale), std::move(bias));
}

void convert_mul(const ImportNode& node) {
  const Operands operands = read_constant_operands(node);
  std::vector<float> scale = per_channel(node, *operands.constant, operands.value);
  std::vector<float> bias(scale.size(), 0.0F);
  emit_affine(node, operands.value, std::move(scale), std::move(bias));
}

void convert_div(const ImportNode& node) {
  const Operands operands = read_constant_operands(node);
  if (operands.constant_first) {
    node.fail("found a division of a constant by a computed value, supported is a constant divisor");
  }
  std::vector<float> scale = per_channel(node, *operands.constant, operands.value);
  for (float& value : scale) {
    value = 1.0F / value;
    if (!std::isfinite(value)) {
      node.fail("found a division by zero");
    }
  }
  std::vector<float> bias(scale.size(), 0.0F);
  emit_affine(node, operands.value, std::move(scale), std::move(bias));
}

void convert_concat(const ImportNode& node) {
  node.expect_inputs(1, 65'535);
  node.attributes().expect_only({"axis"});
  if (!node.attributes().has("axis")) {
    node.attributes().fail("axis", "missing");
  }
  std::vector<ImportedValue> inputs;
  for (int index = 0; index < node.input_count(); ++index) {
    inputs.push_back(node.features(index));
    if (inputs.back().rank != inputs.front().rank) {
      node.fail(fmt::format("found inputs of rank {} and {}, expected equal ranks", inputs.front().rank,
                            inputs.back().rank));
    }
  }
  const std::int64_t axis = node.attributes().integer("axis", 1);
  if (node.checked_axis(axis, inputs.front().rank) != 1) {
    node.attributes().fail("axis", fmt::format("found {}, supported 1 (channels)", axis));
  }
  node.emit(ConcatOp{}, inputs, inputs.front().rank);
}

constexpr std::array<Converter, 5> kConverters{{{"Add", convert_add},
                                                {"Sub", convert_sub},
                                                {"Mul", convert_mul},
                                                {"Div", convert_div},
                                                {"Concat", convert_concat}}};

}  // namespace

std::span<const Converter> arithmetic_converters() { return kConverters; }

}  // namespace npu::compiler
