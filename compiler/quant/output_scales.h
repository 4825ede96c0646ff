// Multipliers and shifts of output stages from real factors.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/graph/graph.h"
#include "compiler/quant/activation_range.h"
#include "hw/numerics/output_stage.h"

namespace npu::compiler {

/// The machine's widths that output stages depend on.
struct StageWidths {
  int activation_bits = 8;
  int multiplier_bits = 16;
  int largest_channel_shift = 15;  ///< 2^shift_bits - 1: a convolution's n leaves room for all of it
};

/// Leaky with slope 0 is ReLU, with slope 1 nothing. Throws GraphError for a negative slope, which the output
/// stage, whose multipliers are unsigned, cannot have.
Activation simplified(const Activation& activation, const std::string& node);

/// Zero point and clamp of an output; multiplier 1, shift 0. `activation` must not be leaky.
hw::OutputStage clamp_stage(const Activation& activation, const AffineScale& output,
                            const StageWidths& widths);

/// Stage of a convolution whose sum's unit is worth `factor` output steps, with fused activation. The
/// multiplier uses all its bits, unless n would then leave no room for the largest channel shift: then as
/// many as n has room for, at least 8 with 16-bit activations. With 8-bit ones a sum below 2^30 is never more
/// than a quarter of a step off for it. Throws GraphError naming `node` if the machine has no such shift.
hw::OutputStage scaling_stage(double factor, const Activation& activation, const AffineScale& output,
                              const StageWidths& widths, const std::string& node);

/// Several factors with one shift: multiplier_i = round(factor_i * 2^shift), at least 1; the largest factor's
/// multiplier uses all bits. Throws GraphError naming `node`.
struct SharedShift {
  std::vector<std::uint32_t> multipliers;
  int shift = 0;
};
SharedShift shared_shift(const std::vector<double>& factors, int multiplier_bits, const std::string& node);

}  // namespace npu::compiler
