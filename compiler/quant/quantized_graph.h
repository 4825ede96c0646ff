// The quantised network: integers only, one operator per machine operation. What the reference interpreter
// executes and what scheduling and code generation lower. Arithmetic: hw/numerics; contract:
// docs/numerics.md.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "compiler/graph/graph.h"
#include "hw/numerics/elementwise.h"
#include "hw/numerics/output_stage.h"

namespace npu::compiler {

/// A quantised feature map: real = scale * (q - zero_point), q of the machine's activation width.
struct QTensor {
  std::string name;
  MapShape shape;
  float scale = 1.0F;
  std::int32_t zero_point = 0;
};

using TensorId = std::int32_t;

/// Dense or grouped convolution. weights [out_channel][kernel_h][kernel_w][in_channel / groups]: channel
/// innermost, unlike the float graph. bias already holds -z_x * sum(q - z_w) and is in the channel's own unit
/// s_x * s_w * 2^-e_c.
struct QConv {
  TensorId input = -1;
  TensorId output = -1;
  Window window;  ///< ceil_mode never set
  std::int64_t groups = 1;
  std::vector<std::int16_t> weights;
  std::int32_t weight_zero_point = 0;  ///< z_w of the asymmetric comparison scheme: real = scale * (q - z_w)
  std::vector<std::int64_t> bias;      ///< [out_channel]
  std::vector<std::uint8_t> channel_shift;  ///< e_c [out_channel]
  std::vector<std::uint32_t>
      channel_multiplier;  ///< [out_channel] in the per-channel comparison scheme, else empty
  hw::OutputStage stage;
  float weight_scale = 1.0F;         ///< s_w, for reports and files
  std::vector<float> channel_scale;  ///< [out_channel] in the per-channel comparison scheme, else empty
  std::int64_t parameters = 0;       ///< weights and biases of the float layer
};
/// output = rshift_round(a' + b') with one shared shift in stage.shift; equal shapes.
struct QAdd {
  TensorId a = -1, b = -1, output = -1;
  hw::ScaledOperand a_operand, b_operand;
  hw::OutputStage stage;
};
/// Changes scale and zero point of one tensor (concatenation inputs, unfused activations).
struct QRescale {
  TensorId input = -1, output = -1;
  hw::ScaledOperand operand;
  hw::OutputStage stage;
};
/// Channel concatenation of tensors that share the output's scale and zero point: no arithmetic. Lowered to
/// views.
struct QConcat {
  std::vector<TensorId> inputs;
  TensorId output = -1;
};
/// Same scale and zero point in and out; padding never wins.
struct QMaxPool {
  TensorId input = -1, output = -1;
  Window window;
};
/// y = clamp(z_y + rshift_round((sum - count * z_x) * multiplier(count), shift)).
/// multiplier_by_count: empty if every window uses stage.multiplier, else [kernel area + 1] with entry 0
/// unused.
struct QAveragePool {
  TensorId input = -1, output = -1;
  Window window;
  std::vector<std::uint32_t> multiplier_by_count;
  hw::OutputStage stage;
};

using QOperator = std::variant<QConv, QAdd, QRescale, QConcat, QMaxPool, QAveragePool>;

struct QNode {
  std::string name;
  QOperator op;
};

struct QuantizedGraph {
  std::string name;
  std::vector<QTensor> tensors;
  std::vector<QNode> nodes;  ///< topological order
  TensorId input = -1;
  TensorId output = -1;
  bool ends_in_softmax = false;
  int weight_bits = 8;
  int activation_bits = 8;
  int accumulator_bits = 32;
  int shift_bits = 4;
  hw::Rounding rounding = hw::Rounding::kHalfUp;
};

std::vector<TensorId> inputs_of(const QOperator& op);
TensorId output_of(const QOperator& op);

/// Checks ids, shapes, value ranges (weights, shifts, biases, multipliers, n + e_c <= 63) and that no
/// accumulator can overflow: for the actual weights and any input, every partial sum fits accumulator_bits
/// and |acc + B| < 2^(accumulator_bits - 2). Throws GraphError naming the layer and the bound.
void verify_quantized(const QuantizedGraph& graph);

}  // namespace npu::compiler
