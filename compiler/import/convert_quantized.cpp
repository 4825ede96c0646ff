// QuantizeLinear and DequantizeLinear (QDQ models). On constants they fold into floats that remember their
// scale. On computed values a pair changes nothing but says with which scale the value in front of it is
// kept: the graph notes it (Graph::given) and the quantiser takes it. uint8 becomes int8 with zero points 128
// lower.
#include "compiler/import/convert_quantized.h"

#include <fmt/core.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "compiler/import/converters.h"

namespace npu::compiler {
namespace {

using onnx::TensorProto;

constexpr std::int64_t kUnsignedOffset = 128;

std::int64_t offset_of(std::int32_t number_type) {
  return number_type == TensorProto::UINT8 ? kUnsignedOffset : 0;
}

/// Scale and zero point of a whole tensor.
AffineScale whole_scale(const ImportNode& node) {
  const ConstantTensor& scale = node.float_constant(1, "scale");
  if (scale.elements() != 1) {
    node.fail(fmt::format("found scale {} for a feature map, supported is one scale", describe(scale)));
  }
  const float step = scale.floats->front();
  if (!std::isnormal(step) || step < 0) {
    node.fail(fmt::format("found the scale {}, expected a positive number", step));
  }
  std::int32_t type = TensorProto::UINT8;
  std::int64_t zero = 0;
  if (node.has_input(2)) {
    const ConstantTensor& point = node.integer_constant(2, "zero_point");
    type = point.number_type;
    if (point.elements() != 1 || (type != TensorProto::UINT8 && type != TensorProto::INT8)) {
      node.fail(
          fmt::format("found zero point {} of type {} for a feature map, supported is one of int8 or uint8",
                      describe(point), type));
    }
    zero = point.integers.front();
  }
  return {step, static_cast<std::int32_t>(zero - offset_of(type))};
}

void expect_form(const ImportNode& node) {
  node.expect_inputs(2, 3);
  node.attributes().expect_only({"axis"});
}

void convert_quantize(const ImportNode& node) {
  expect_form(node);
  const ImportedValue& value = node.features(0);
  const AffineScale scale = whole_scale(node);
  node.context().give_scale(value.name, scale, node.name());
  ImportedValue integers = value;
  integers.integers = scale;
  node.define_alias(integers);
}

void convert_dequantize(const ImportNode& node) {
  expect_form(node);
  const ImportedValue& value = node.input(0);
  if (!value.integers) {
    node.fail(
        fmt::format("found '{}', which no QuantizeLinear made, expected quantised integers", value.name));
  }
  const AffineScale scale = whole_scale(node);
  if (!(scale == *value.integers)) {
    node.fail(fmt::format(
        "found scale {:g} and zero point {} (of int8) for '{}', which is quantised with {:g} and {}: "
        "expected the same",
        scale.scale, scale.zero_point, value.name, value.integers->scale, value.integers->zero_point));
  }
  ImportedValue floats = value;
  floats.integers.reset();
  node.define_alias(floats);
}

/// Scales of a constant: one, or one for each index of an axis.
struct AxisScales {
  std::vector<double> scales;
  std::vector<std::int64_t> zeros;
  std::int32_t zero_type = TensorProto::UINT8;  ///< of QuantizeLinear's output, if no zero point says it
  std::size_t axis = 0;
  std::int64_t inner = 1;  ///< elements behind the axis

  std::size_t group(std::int64_t index) const {
    return scales.size() == 1 ? 0 : static_cast<std::size_t>(index / inner) % scales.size();
  }
};

AxisScales axis_scales(const ImportNode& node, const ConstantTensor& tensor) {
  const ConstantTensor& scale = node.float_constant(1, "scale");
  const ConstantTensor* zero = node.has_input(2) ? &node.integer_constant(2, "zero_point") : nullptr;
  const auto rank = static_cast<int>(tensor.dims.size());
  AxisScales result;
  const bool by_axis = scale.elements() != 1;
  if (by_axis) {
    result.axis = static_cast<std::size_t>(node.checked_axis(node.attributes().integer("axis", 1), rank));
  }
  if ((by_axis && scale.elements() != tensor.dims[result.axis]) ||
      (zero != nullptr && zero->elements() != scale.elements())) {
    node.fail(fmt::format(
        "found scale {} for {}, expected one scale, or one for each index of the axis, and as many "
        "zero points",
        describe(scale), describe(tensor)));
  }
  for (std::size_t next = result.axis + 1; by_axis && next < tensor.dims.size(); ++next) {
    result.inner *= tensor.dims[next];
  }
  result.scales.assign(scale.floats->begin(), scale.floats->end());
  result.zeros.assign(result.scales.size(), 0);
  if (zero != nullptr) {
    result.zeros = zero->integers;
    result.zero_type = zero->number_type;
  }
  return result;
}

/// Weights stored as integers: (q - zero_point) * scale, per tensor or along one axis.
void fold_dequantize(const ImportNode& node) {
  expect_form(node);
  const ConstantTensor& tensor = node.integer_constant(0, "values");
  const AxisScales by = axis_scales(node, tensor);
  ConstantTensor result;
  result.dims = tensor.dims;
  std::vector<float> values;
  values.reserve(tensor.integers.size());
  for (std::int64_t index = 0; index < std::ssize(tensor.integers); ++index) {
    const std::size_t group = by.group(index);
    values.push_back(static_cast<float>(tensor.integers[static_cast<std::size_t>(index)] - by.zeros[group]) *
                     static_cast<float>(by.scales[group]));
  }
  result.floats = make_array(std::move(values));
  auto stored = std::make_shared<StoredScales>(
      StoredScales{node.name(), tensor.number_type, by.scales, by.zeros, by.axis, {}});
  if (tensor.number_type == TensorProto::INT32) {
    stored->integers = tensor.integers;
  }
  result.stored = std::move(stored);
  node.define_constant(std::make_shared<const ConstantTensor>(std::move(result)));
}

/// Weights that the model quantises itself: saturate(round_half_even(w / scale) + zero_point).
void fold_quantize(const ImportNode& node) {
  expect_form(node);
  const ConstantTensor& tensor = node.float_constant(0, "values");
  const AxisScales by = axis_scales(node, tensor);
  if (by.zero_type != TensorProto::UINT8 && by.zero_type != TensorProto::INT8) {
    node.fail(fmt::format("found a zero point of type {}, supported are int8 and uint8", by.zero_type));
  }
  const double low = by.zero_type == TensorProto::INT8 ? -128 : 0;
  ConstantTensor result;
  result.dims = tensor.dims;
  result.is_integer = true;
  result.number_type = by.zero_type;
  for (std::int64_t index = 0; index < tensor.elements(); ++index) {
    const std::size_t group = by.group(index);
    const auto scale = static_cast<float>(by.scales[group]);
    const auto quotient = double{std::nearbyint((*tensor.floats)[static_cast<std::size_t>(index)] / scale)};
    const double q = std::clamp(quotient + static_cast<double>(by.zeros[group]), low, low + 255);
    result.integers.push_back(std::isnan(q) ? 0 : static_cast<std::int64_t>(q));
  }
  node.define_constant(std::make_shared<const ConstantTensor>(std::move(result)));
}

/// Biases in the layer's own unit, s_x * s_w, are taken as the integers that they are: `floats` may have lost
/// digits.
std::vector<double> given_bias(const ConstantTensor& bias, const FloatArray& floats, double input_scale,
                               const std::vector<double>& weight_scales) {
  constexpr double kFloatRounding = 1e-6;
  std::vector<double> result(floats->begin(), floats->end());
  if (bias.stored == nullptr || bias.stored->integers.size() != result.size()) {
    return result;
  }
  const StoredScales& stored = *bias.stored;
  for (std::size_t channel = 0; channel < result.size(); ++channel) {
    const double unit = input_scale * weight_scales[weight_scales.size() == 1 ? 0 : channel];
    const std::size_t group = stored.scales.size() == 1 ? 0 : channel;
    if (std::abs(stored.scales[group] - unit) <= kFloatRounding * unit) {
      result[channel] = static_cast<double>(stored.integers[channel] - stored.zeros[group]) * unit;
    }
  }
  return result;
}

constexpr std::array<Converter, 2> kConverters{
    {{"QuantizeLinear", convert_quantize}, {"DequantizeLinear", convert_dequantize}}};
constexpr std::array<Converter, 2> kFolders{
    {{"QuantizeLinear", fold_quantize}, {"DequantizeLinear", fold_dequantize}}};

}  // namespace

std::span<const Converter> quantized_converters() { return kConverters; }
std::span<const Converter> quantized_folders() { return kFolders; }

void give_layer(const ImportNode& node, const LayerConstants& constants) {
  const StoredScales* stored = constants.weights.stored.get();
  if (stored == nullptr) {
    return;
  }
  if (stored->number_type != TensorProto::INT8 && stored->number_type != TensorProto::UINT8) {
    node.fail(fmt::format("found weights of '{}' in integers of type {}, supported are int8 and uint8",
                          stored->node, stored->number_type));
  }
  if (stored->scales.size() > 1 && stored->axis != constants.output_axis) {
    node.fail(fmt::format("found scales of weights ('{}') along another axis than the output channels'",
                          stored->node));
  }
  const bool positive = std::all_of(stored->scales.begin(), stored->scales.end(),
                                    [](double scale) { return std::isnormal(scale) && scale > 0; });
  if (!positive) {
    node.fail(fmt::format("found a scale of weights ('{}') that is not a positive number", stored->node));
  }
  GivenLayer layer;
  layer.weight_scale = stored->scales;
  const std::int64_t zero = stored->zeros.front() - offset_of(stored->number_type);
  const bool one_zero = std::all_of(stored->zeros.begin(), stored->zeros.end(),
                                    [&](std::int64_t point) { return point == stored->zeros.front(); });
  if (!one_zero || (zero != 0 && stored->scales.size() > 1)) {
    node.fail(fmt::format(
        "found weights ('{}') with a zero point for each channel, supported are symmetric weights, "
        "or one scale and one zero point for the layer",
        stored->node));
  }
  if (zero != 0) {
    layer.weight_zero_point = static_cast<std::int32_t>(zero);
  }
  const AffineScale* input = node.context().given_scale(constants.input);
  if (constants.bias == nullptr) {
    layer.bias.emplace(static_cast<std::size_t>(constants.out_channels), 0.0);
  } else {
    layer.bias = given_bias(*constants.bias, constants.bias_values,
                            input == nullptr ? 0.0 : double{input->scale}, stored->scales);
  }
  node.context().give_layer(node.name(), std::move(layer));
}

}  // namespace npu::compiler
