// Constant, Shape (a constant here, where every shape is known), and the operators that hand their input on:
// Identity, and Dropout outside training.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

#include "compiler/import/converters.h"

namespace npu::compiler {
namespace {

ConstantTensor vector_of(std::vector<float> values, bool scalar) {
  ConstantTensor tensor;
  if (!scalar) {
    tensor.dims = {static_cast<std::int64_t>(values.size())};
  }
  tensor.floats = make_array(std::move(values));
  return tensor;
}

ConstantTensor vector_of(std::vector<std::int64_t> values, bool scalar) {
  ConstantTensor tensor;
  tensor.is_integer = true;
  if (!scalar) {
    tensor.dims = {static_cast<std::int64_t>(values.size())};
  }
  tensor.integers = std::move(values);
  return tensor;
}

ConstantTensor read_constant(const ImportNode& node) {
  const Attributes& attributes = node.attributes();
  if (const onnx::TensorProto* tensor = attributes.tensor("value")) {
    return read_tensor(*tensor, node.name());
  }
  if (attributes.has("value_float")) {
    return vector_of(std::vector<float>{attributes.real("value_float", 0)}, true);
  }
  if (attributes.has("value_floats")) {
    return vector_of(attributes.reals("value_floats"), false);
  }
  if (attributes.has("value_int")) {
    return vector_of(std::vector<std::int64_t>{attributes.integer("value_int", 0)}, true);
  }
  if (attributes.has("value_ints")) {
    return vector_of(attributes.integers("value_ints"), false);
  }
  node.fail("found no value, expected one of value, value_float, value_floats, value_int, value_ints");
}

void convert_constant(const ImportNode& node) {
  node.expect_inputs(0, 0);
  node.attributes().expect_only({"value", "value_float", "value_floats", "value_int", "value_ints"});
  node.define_constant(std::make_shared<const ConstantTensor>(read_constant(node)));
}

void hand_on(const ImportNode& node) {
  const ImportedValue& input = node.input(0);
  if (input.is_constant()) {
    return node.define_constant(input.constant);
  }
  node.emit(IdentityOp{}, {input}, input.rank);
}

void convert_identity(const ImportNode& node) {
  node.expect_inputs(1, 1);
  node.attributes().expect_only({});
  hand_on(node);
}

/// Inputs since opset 12: data, ratio, training_mode.
void convert_dropout(const ImportNode& node) {
  node.expect_inputs(1, 3);
  node.attributes().expect_only({"ratio", "seed"});
  if (node.has_input(2)) {
    const ConstantTensor& training = node.integer_constant(2, "training_mode");
    if (training.elements() != 1 || training.integers.front() != 0) {
      node.fail("found training_mode true, supported false");
    }
  }
  hand_on(node);
}

/// Axes [start, end) of the input's shape; both may count from the end, and are clamped.
void convert_shape(const ImportNode& node) {
  node.expect_inputs(1, 1);
  node.attributes().expect_only({"end", "start"});
  const ImportedValue& input = node.input(0);
  const std::vector<std::int64_t> dims = input.is_constant() ? input.constant->dims : dims_of(input);
  const auto rank = std::ssize(dims);
  const auto axis = [&](const char* name, std::int64_t fallback) {
    const std::int64_t value = node.attributes().integer(name, fallback);
    return std::clamp<std::int64_t>(value < 0 ? value + rank : value, 0, rank);
  };
  const std::int64_t start = axis("start", 0);
  const std::int64_t end = std::max(start, axis("end", rank));
  node.define_constant(std::make_shared<const ConstantTensor>(
      vector_of(std::vector<std::int64_t>(dims.begin() + start, dims.begin() + end), false)));
}

constexpr std::array<Converter, 4> kConverters{{{"Shape", convert_shape},
                                                {"Constant", convert_constant},
                                                {"Identity", convert_identity},
                                                {"Dropout", convert_dropout}}};

}  // namespace

std::span<const Converter> constant_converters() { return kConverters; }

}  // namespace npu::compiler
