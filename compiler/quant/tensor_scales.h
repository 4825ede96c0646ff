// Scale and zero point of every feature map: given ones (a QDQ model, a quantisation file), else from the
// ranges that calibration saw, group by group (scale_groups.h).
#pragma once

#include <map>
#include <optional>
#include <string>

#include "compiler/graph/graph.h"
#include "compiler/quant/activation_range.h"
#include "compiler/quant/calibration.h"
#include "compiler/quant/lowering.h"
#include "compiler/quant/scale_groups.h"

namespace npu::compiler {

class TensorScales {
 public:
  /// `chosen`: ranges that replace calibrated ones; ranges and scales of `canonical.given` replace both. The
  /// calibration may lack values whose group has a scale or a range. Throws GraphError naming a value of
  /// which nothing is known.
  TensorScales(const Graph& canonical, const ScaleGroups& groups, const Calibration& calibration,
               const std::map<std::string, Range>& chosen, int activation_bits);

  /// Of tensor `name`, which comes from `origin`.
  AffineScale of(const std::string& name, const LoweredTensor& origin) const;

 private:
  AffineScale of_value(const std::string& value) const;
  /// The range of what makes `value` by a LeakyReLU: negative values were multiplied by its slope.
  Range before_leaky(const LoweredTensor& origin) const;

  const Graph& graph_;
  const ScaleGroups& groups_;
  int bits_;
  std::map<std::string, Range> ranges_;  ///< by leader
  double smallest_width_ = 0;
};

/// A value that has neither a given scale nor a given range, if there is one: it needs a calibration.
std::optional<std::string> value_without_scale(const Graph& canonical);

}  // namespace npu::compiler
