// From the range of an activation to its scale and zero point, and from real limits to integers of that
// scale.
#pragma once

#include <cstdint>

#include "compiler/graph/graph.h"

namespace npu::compiler {

/// Asymmetric quantisation of `range` to `bits` bits. The range is first stretched to contain 0, which
/// becomes exactly zero_point, and then, keeping its proportions, to at least `smallest_width`: a constant or
/// nearly constant activation would otherwise need a scale that no multiplier reaches. A range of nothing but
/// 0 becomes [0, smallest_width].
AffineScale affine_scale(Range range, int bits, double smallest_width);

/// The clamp limits [low, high] of an output with scale `output` and fused activation `activation`.
struct ClampLimits {
  std::int32_t low = 0;
  std::int32_t high = 0;
};
ClampLimits clamp_limits(const Activation& activation, const AffineScale& output, int bits);

}  // namespace npu::compiler
