#include "compiler/quant/output_scales.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "hw/common/error.h"

namespace npu::compiler {

Activation simplified(const Activation& activation, const std::string& node) {
  if (activation.kind != Activation::Kind::kLeaky) return activation;
  if (activation.alpha < 0) {
    throw GraphError(node, fmt::format("LeakyReLU has slope {}, expected 0 or more", activation.alpha));
  }
  if (activation.alpha == 0) return {Activation::Kind::kClamp, 0, std::numeric_limits<float>::infinity(), 0};
  return activation.alpha == 1 ? Activation{} : activation;
}

hw::OutputStage clamp_stage(const Activation& activation, const AffineScale& output,
                            const StageWidths& widths) {
  NPU_CHECK(activation.kind != Activation::Kind::kLeaky, "a leaky activation is not a clamp");
  const ClampLimits limits = clamp_limits(activation, output, widths.activation_bits);
  hw::OutputStage stage;
  stage.zero_point = output.zero_point;
  stage.low = limits.low;
  stage.high = limits.high;
  return stage;
}

namespace {

hw::FixedPointScale fitting_scale(double factor, const StageWidths& widths, const std::string& node) {
  int exponent = 0;
  std::frexp(factor, &exponent);  // n = bits - exponent
  const int room = hw::kMaxShift - widths.largest_channel_shift + exponent;
  const int fewest = widths.activation_bits == 8 ? 1 : 8;
  return hw::fixed_point_scale(factor, std::clamp(room, fewest, widths.multiplier_bits),
                               widths.largest_channel_shift, node.c_str());
}

}  // namespace

hw::OutputStage scaling_stage(double factor, const Activation& activation, const AffineScale& output,
                              const StageWidths& widths, const std::string& node) {
  const bool leaky = activation.kind == Activation::Kind::kLeaky;
  hw::OutputStage stage = clamp_stage(leaky ? Activation{} : activation, output, widths);
  const auto positive = fitting_scale(factor, widths, node);
  stage.multiplier = positive.multiplier;
  stage.shift = positive.shift;
  if (leaky) {
    const auto negative = fitting_scale(factor * double{activation.alpha}, widths, node);
    stage.leaky = true;
    stage.negative_multiplier = negative.multiplier;
    stage.negative_shift = negative.shift;
  }
  return stage;
}

SharedShift shared_shift(const std::vector<double>& factors, int multiplier_bits, const std::string& node) {
  const double largest = *std::max_element(factors.begin(), factors.end());
  SharedShift result;
  result.shift = hw::fixed_point_scale(largest, multiplier_bits, 0, node.c_str()).shift;
  for (const double factor : factors) {
    const double multiplier = std::round(std::ldexp(factor, result.shift));
    result.multipliers.push_back(static_cast<std::uint32_t>(std::max(multiplier, 1.0)));
  }
  return result;
}

}  // namespace npu::compiler
