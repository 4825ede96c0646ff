// Float graph + calibration -> quantised graph: layer-wise symmetric int8 weights with the weight-equalising
// shift (arXiv 2008.05767), per-tensor activations, bias correction. docs/numerics.md has the formulas.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "compiler/graph/graph.h"
#include "compiler/quant/bias_correction.h"
#include "compiler/quant/calibration.h"
#include "compiler/quant/quantized_graph.h"
#include "hw/arch/arch_config.h"

namespace npu::compiler {

struct QuantizerOptions {
  int shift_bits = 4;  ///< 0: plain layer-wise quantisation; at most the machine's
  /// From calibration means, unless `layer_inputs` is given. Empty: with the shift only, so that shift_bits 0
  /// is the plain layer-wise scheme with maximum scaling that the shift is compared with.
  std::optional<bool> bias_correction = std::nullopt;
  LayerInputs* layer_inputs = nullptr;  ///< what layers read, measured as they are quantised; not owned
  std::map<std::string, Range> ranges =
      {};  ///< of values that shall not have their calibrated minimum and maximum
  bool means_from_calibration = false;  ///< even with `layer_inputs`
  bool match_outputs =
      false;  ///< biases so that output means, after the activation, are float's; needs the same
  bool optimise_rounding = false;  ///< weights rounded for the layer's output; needs `layer_inputs`
  bool search_scales = false;      ///< weight scales by output error; needs `layer_inputs`
  std::optional<int> weight_bits = std::nullopt;  ///< values of weights use so many of the machine's bits
  WeightScheme scheme = WeightScheme::kShift;     ///< others use no shifts, whatever shift_bits says
};

/// `canonical` must come from canonicalise(). The result has passed verify_quantized. Throws GraphError
/// naming the layer (unsupported operator, scale out of range, overflow bound) and ConfigError never.
QuantizedGraph quantize(const Graph& canonical, const Calibration& calibration, const hw::ArchConfig& arch,
                        const QuantizerOptions& options);

/// q = clamp(round_half_away(x / scale) + zero_point), [channel][row][column] float to [row][column][channel]
/// elements; and back. The host's part of the work. Throws InputError for a wrong number of values or a NaN.
std::vector<std::int32_t> quantize_input(std::span<const float> input, const QTensor& tensor,
                                         int activation_bits);
std::vector<float> dequantize(std::span<const std::int32_t> values, const QTensor& tensor);

}  // namespace npu::compiler
