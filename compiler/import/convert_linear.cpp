// Conv, BatchNormalization, Gemm and MatMul with a constant.
#include <fmt/format.h>

#include <array>

#include "compiler/import/convert_quantized.h"
#include "compiler/import/converters.h"
#include "compiler/import/windows.h"

namespace npu::compiler {
namespace {

FloatArray channel_vector(const ImportNode& node, int index, const char* what, std::int64_t channels) {
  const ConstantTensor& tensor = node.float_constant(index, what);
  if (tensor.dims != std::vector<std::int64_t>{channels}) {
    node.fail(fmt::format("found {} for {}, expected [{}]", describe(tensor), what, channels));
  }
  return tensor.floats;
}

void convert_conv(const ImportNode& node) {
  node.expect_inputs(2, 3);
  node.attributes().expect_only({"auto_pad", "dilations", "group", "kernel_shape", "pads", "strides"});
  const ImportedValue& input = node.map(0);
  const ConstantTensor& weights = node.float_constant(1, "weights");
  if (weights.dims.size() != 4) {
    node.fail(fmt::format("found weights {}, supported are convolutions over height and width (rank 4)",
                          describe(weights)));
  }
  for (const std::int64_t extent : weights.dims) {
    if (extent < 1 || extent > kMaximumExtent) {
      node.fail(fmt::format("found weights {}, expected 1 to {} along each axis", describe(weights),
                            kMaximumExtent));
    }
  }
  ConvOp conv;
  conv.groups = node.attributes().integer("group", 1);
  conv.out_channels = weights.dims[0];
  if (conv.groups < 1 || conv.groups > kMaximumExtent ||
      conv.groups * weights.dims[1] != input.shape.channels || conv.out_channels % conv.groups != 0) {
    node.attributes().fail(
        "group", fmt::format("found {} for weights {} and {} input channels, expected input channels "
                             "= group * {} and output channels divisible by group",
                             conv.groups, describe(weights), input.shape.channels, weights.dims[1]));
  }
  conv.window = read_window(node, input.shape, weights.dims[2], weights.dims[3]);
  conv.weights = weights.floats;
  if (node.has_input(2)) {
    conv.bias = channel_vector(node, 2, "bias", conv.out_channels);
  }
  const ConstantTensor* bias = node.has_input(2) ? &node.float_constant(2, "bias") : nullptr;
  give_layer(node, {input.name, weights, 0, bias, conv.bias, conv.out_channels});
  node.emit(conv, {input}, 4);
}

void convert_batch_norm(const ImportNode& node) {
  node.expect_inputs(5, 5);
  const Attributes& attributes = node.attributes();
  attributes.expect_only({"epsilon", "momentum", "spatial", "training_mode"});
  attributes.expect_integer("spatial", 1, 1);
  attributes.expect_integer("training_mode", 0, 0);
  const ImportedValue& input = node.features(0);
  BatchNormOp norm;
  norm.epsilon = attributes.real("epsilon", 1e-5F);
  norm.scale = channel_vector(node, 1, "scale", input.shape.channels);
  norm.bias = channel_vector(node, 2, "bias", input.shape.channels);
  norm.mean = channel_vector(node, 3, "mean", input.shape.channels);
  norm.variance = channel_vector(node, 4, "variance", input.shape.channels);
  node.emit(norm, {input}, input.rank);
}

/// Weights [out][in] of a fully connected layer from a constant matrix, [in][out] unless `transposed`, times
/// `factor`.
GemmOp fully_connected(const ImportNode& node, const ImportedValue& input, const ConstantTensor& matrix,
                       bool transposed, float factor) {
  if (input.rank != 2) {
    node.fail(fmt::format("found a first input of rank {}, expected 2 (flatten it before)", input.rank));
  }
  if (matrix.dims.size() != 2 || matrix.elements() == 0) {
    node.fail(fmt::format("found a second input {}, expected a non-empty matrix", describe(matrix)));
  }
  const std::int64_t in_features = matrix.dims[transposed ? 1 : 0];
  GemmOp gemm;
  gemm.out_features = matrix.dims[transposed ? 0 : 1];
  if (in_features != input.shape.elements()) {
    node.fail(fmt::format("found a matrix for {} input features, expected {}", in_features,
                          input.shape.elements()));
  }
  if (transposed && factor == 1.0F) {
    gemm.weights = matrix.floats;
    return gemm;
  }
  std::vector<float> weights(matrix.floats->size());
  for (std::int64_t out = 0; out < gemm.out_features; ++out) {
    for (std::int64_t in = 0; in < in_features; ++in) {
      const std::int64_t source = transposed ? out * in_features + in : in * gemm.out_features + out;
      weights[static_cast<std::size_t>(out * in_features + in)] =
          factor * (*matrix.floats)[static_cast<std::size_t>(source)];
    }
  }
  gemm.weights = make_array(std::move(weights));
  return gemm;
}

/// Bias of a Gemm: [out], [1, out] or one number for all, times `factor`.
FloatArray gemm_bias(const ImportNode& node, const ConstantTensor& bias, std::int64_t out_features,
                     float factor) {
  const bool vector =
      bias.elements() == out_features && !bias.dims.empty() && bias.dims.back() == out_features;
  if ((!vector && bias.elements() != 1) || bias.dims.size() > 2) {
    node.fail(fmt::format("found bias {}, expected [{}], [1, {}] or one number", describe(bias), out_features,
                          out_features));
  }
  std::vector<float> values(static_cast<std::size_t>(out_features));
  for (std::size_t out = 0; out < values.size(); ++out) {
    values[out] = factor * (*bias.floats)[vector ? out : 0];
  }
  return make_array(std::move(values));
}

void convert_gemm(const ImportNode& node) {
  node.expect_inputs(2, 3);
  const Attributes& attributes = node.attributes();
  attributes.expect_only({"alpha", "beta", "transA", "transB"});
  attributes.expect_integer("transA", 0, 0);
  const std::int64_t transposed = attributes.integer("transB", 0);
  if (transposed != 0 && transposed != 1) {
    attributes.fail("transB", fmt::format("found {}, supported 0 and 1", transposed));
  }
  const ImportedValue& input = node.features(0);
  GemmOp gemm = fully_connected(node, input, node.float_constant(1, "weights"), transposed == 1,
                                attributes.real("alpha", 1.0F));
  if (node.has_input(2)) {
    gemm.bias =
        gemm_bias(node, node.float_constant(2, "bias"), gemm.out_features, attributes.real("beta", 1.0F));
  }
  const ConstantTensor& weights = node.float_constant(1, "weights");
  if (weights.stored != nullptr && attributes.real("alpha", 1.0F) != 1.0F) {
    attributes.fail("alpha", fmt::format("found {} for quantised weights ('{}'), supported 1",
                                         attributes.real("alpha", 1.0F), weights.stored->node));
  }
  const bool plain_bias = node.has_input(2) && attributes.real("beta", 1.0F) == 1.0F;
  const ConstantTensor none;
  const ConstantTensor* bias = node.has_input(2) ? &none : nullptr;
  if (plain_bias) {
    bias = &node.float_constant(2, "bias");
  }
  give_layer(node,
             {input.name, weights, transposed == 1 ? std::size_t{0} : 1, bias, gemm.bias, gemm.out_features});
  node.emit(gemm, {input}, 2);
}

void convert_matmul(const ImportNode& node) {
  node.expect_inputs(2, 2);
  node.attributes().expect_only({});
  const ImportedValue& input = node.features(0);
  const ConstantTensor& weights = node.float_constant(1, "weights");
  GemmOp gemm = fully_connected(node, input, weights, false, 1.0F);
  give_layer(node, {input.name, weights, 1, nullptr, gemm.bias, gemm.out_features});
  node.emit(std::move(gemm), {input}, 2);
}

constexpr std::array<Converter, 4> kConverters{{{"Conv", convert_conv},
                                                {"BatchNormalization", convert_batch_norm},
                                                {"Gemm", convert_gemm},
                                                {"MatMul", convert_matmul}}};

}  // namespace

std::span<const Converter> linear_converters() { return kConverters; }

}  // namespace npu::compiler
