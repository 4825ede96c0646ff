// Relu, LeakyRelu, Clip, Softmax.
#include <fmt/core.h>

#include <array>
#include <cmath>
#include <limits>

#include "compiler/import/converters.h"

namespace npu::compiler {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kLargest = std::numeric_limits<float>::max();

void emit_activation(const ImportNode& node, const Activation& activation) {
  const ImportedValue& input = node.features(0);
  node.emit(ActivationOp{activation}, {input}, input.rank);
}

void convert_relu(const ImportNode& node) {
  node.expect_inputs(1, 1);
  node.attributes().expect_only({});
  emit_activation(node, {Activation::Kind::kClamp, 0.0F, kInfinity, 0.0F});
}

void convert_leaky_relu(const ImportNode& node) {
  node.expect_inputs(1, 1);
  node.attributes().expect_only({"alpha"});
  const float alpha = node.attributes().real("alpha", 0.01F);
  if (!std::isfinite(alpha)) {
    node.attributes().fail("alpha", fmt::format("found {}, expected a finite number", alpha));
  }
  emit_activation(node, {Activation::Kind::kLeaky, 0.0F, 0.0F, alpha});
}

/// Bounds are attributes before opset 11 and optional inputs since.
void convert_clip(const ImportNode& node) {
  float low = -kInfinity;
  float high = kInfinity;
  if (node.opset() < 11) {
    node.expect_inputs(1, 1);
    node.attributes().expect_only({"max", "min"});
    low = node.attributes().real("min", low);
    high = node.attributes().real("max", high);
  } else {
    node.expect_inputs(1, 3);
    node.attributes().expect_only({});
    low = node.has_input(1) ? node.scalar(1, "min") : low;
    high = node.has_input(2) ? node.scalar(2, "max") : high;
  }
  // Exporters write the type's limits for "none".
  low = low <= -kLargest ? -kInfinity : low;
  high = high >= kLargest ? kInfinity : high;
  if (!(low <= high)) {
    node.fail(fmt::format("found min {} and max {}, expected min <= max", low, high));
  }
  emit_activation(node, {Activation::Kind::kClamp, low, high, 0.0F});
}

/// The verifier checks that it is the end of the network.
void convert_softmax(const ImportNode& node) {
  node.expect_inputs(1, 1);
  node.attributes().expect_only({"axis"});
  const ImportedValue& input = node.features(0);
  const std::int64_t axis = node.attributes().integer("axis", node.opset() < 13 ? 1 : -1);
  if (node.checked_axis(axis, input.rank) != 1 || input.shape.height != 1 || input.shape.width != 1) {
    node.attributes().fail("axis",
                           fmt::format("found {} for a map [{}, {}, {}], supported is a softmax over the "
                                       "channels (axis 1) of a map of height and width 1",
                                       axis, input.shape.channels, input.shape.height, input.shape.width));
  }
  node.emit(SoftmaxOp{}, {input}, input.rank);
}

constexpr std::array<Converter, 4> kConverters{{{"Relu", convert_relu},
                                                {"LeakyRelu", convert_leaky_relu},
                                                {"Clip", convert_clip},
                                                {"Softmax", convert_softmax}}};

}  // namespace

std::span<const Converter> activation_converters() { return kConverters; }

}  // namespace npu::compiler
