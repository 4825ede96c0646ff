#include "compiler/import/qdq_export.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "hw/common/error.h"

namespace npu::compiler {
namespace {

// Scale of each output channel, or one for all.
std::vector<float> weight_scales(const GivenLayer& layer) {
  std::vector<float> scales(layer.weight_scale.begin(), layer.weight_scale.end());
  if (layer.channel_shift) {
    const float whole = scales.front();
    scales.clear();
    for (const std::uint8_t shift : *layer.channel_shift) {
      scales.push_back(std::ldexp(whole, -shift));
    }
  }
  const bool uniform =
      std::all_of(scales.begin(), scales.end(), [&](float s) { return s == scales.front(); });
  scales.resize(uniform ? 1 : scales.size());
  return scales;
}

}  // namespace

std::string QdqExporter::quantize(const std::string& value) {
  const auto given = given_.tensors.find(value);
  if (given == given_.tensors.end() || !given->second.scale) throw GraphError(value, "has no scale");
  const AffineScale& affine = *given->second.scale;
  const std::string scale = writer_.add_real(value + ".scale", affine.scale);
  const std::string zero =
      writer_.add_int8(value + ".zero_point", static_cast<std::int8_t>(affine.zero_point));
  const std::string integers = writer_.fresh(value + ".quantized");
  writer_.append_named("QuantizeLinear", integers, {value, scale, zero});
  const std::string floats = writer_.fresh(value + ".dequantized");
  writer_.append_named("DequantizeLinear", floats, {integers, scale, zero});
  return floats;
}

std::string QdqExporter::add_dequantize(const std::string& base, const std::string& integers,
                                        const std::vector<float>& scales, const std::string& zero) {
  using Dims = std::vector<std::int64_t>;
  const Dims dims = scales.size() == 1 ? Dims{} : Dims{std::ssize(scales)};
  std::vector<std::string> inputs{
      integers, writer_.add_tensor(base + ".scale", dims, onnx::TensorProto::FLOAT, scales.data(),
                                   scales.size() * sizeof(float))};
  if (!zero.empty()) inputs.push_back(zero);
  const std::string name = writer_.fresh(base + ".dequantized");
  onnx::NodeProto& node = writer_.append_named("DequantizeLinear", name, inputs);
  if (scales.size() > 1) set_integer(node, "axis", 0);
  return name;
}

std::vector<std::string> QdqExporter::add_constants(const Node& node, const ConvOp& op,
                                                    const std::vector<std::int64_t>& dims) {
  const GivenLayer* layer = given_.layer(node.name);
  if (layer == nullptr || layer->weight_scale.empty() || layer->weights.size() != op.weights->size() ||
      !layer->bias) {
    throw GraphError(node.name, "has no integer weights, scales or biases");
  }
  const double input_scale = double{given_.tensors.at(node.inputs.at(0)).scale->scale};
  const std::vector<float> scales = weight_scales(*layer);
  const std::vector<std::int8_t> integers(layer->weights.begin(), layer->weights.end());
  const std::string base = node.name + ".weight";
  const std::string weights =
      writer_.add_tensor(base, dims, onnx::TensorProto::INT8, integers.data(), integers.size());
  const std::int32_t zero_point = layer->weight_zero_point.value_or(0);
  const std::string zero =
      zero_point == 0 ? "" : writer_.add_int8(base + ".zero_point", static_cast<std::int8_t>(zero_point));
  std::vector<std::string> constants{add_dequantize(base, weights, scales, zero)};
  const bool biased = std::any_of(layer->bias->begin(), layer->bias->end(), [](double b) { return b != 0; });
  if (biased || !op.bias->empty()) {
    constants.push_back(add_bias(node.name, *layer->bias, scales, input_scale));
  }
  return constants;
}

std::string QdqExporter::add_bias(const std::string& node, const std::vector<double>& bias,
                                  const std::vector<float>& weight_scales, double input_scale) {
  std::vector<std::int32_t> integers;
  std::vector<float> scales;
  for (std::size_t channel = 0; channel < bias.size(); ++channel) {
    const double unit = input_scale * double{weight_scales[weight_scales.size() == 1 ? 0 : channel]};
    const double q = std::round(bias[channel] / unit);
    if (!std::isnormal(static_cast<float>(unit)) || std::abs(q) > std::numeric_limits<std::int32_t>::max()) {
      throw GraphError(node, fmt::format("the bias {:g} of channel {} is {:g} units of {:g}, which int32 and "
                                         "float32 cannot hold",
                                         bias[channel], channel, q, unit));
    }
    integers.push_back(static_cast<std::int32_t>(q));
    scales.push_back(static_cast<float>(unit));
  }
  scales.resize(weight_scales.size() == 1 ? 1 : scales.size());
  const std::string tensor = writer_.add_tensor(node + ".bias", {std::ssize(bias)}, onnx::TensorProto::INT32,
                                                integers.data(), integers.size() * sizeof(std::int32_t));
  return add_dequantize(node + ".bias", tensor, scales, "");
}

}  // namespace npu::compiler
