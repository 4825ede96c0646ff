// From a float network and calibration inputs to the quantised graph, by a recipe: which weight scheme, and
// which of the steps that win accuracy back. No step needs labels or training. docs/accuracy.md says what
// each step buys.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "compiler/graph/graph.h"
#include "compiler/quant/calibration.h"
#include "compiler/quant/quantizer.h"
#include "compiler/quant/range_methods.h"
#include "compiler/refine/calibration_run.h"
#include "hw/arch/arch_config.h"

namespace npu::compiler {

enum class BiasCorrection {
  kNone,
  kCalibrated,  ///< from the float network's means
  kMeasured,    ///< layer by layer, with the means that the quantised network really has
  kAnalytic,    ///< from batch-norm statistics; needs no inputs
};

/// Equivalent scaling of channels before quantisation (compiler/quant/channel_scaling.h).
enum class ChannelScaling {
  kNone,
  kBalanced,    ///< roundings of activations and of weights weighed against each other (noise_balancing.h)
  kCrossLayer,  ///< weights of neighbouring layers get equal ranges (arXiv 1906.04721); ReLU6 becomes ReLU
};

struct Recipe {
  WeightScheme scheme = WeightScheme::kShift;
  int shift_bits = 4;                             ///< of kShift; 0 is the plain layer-wise scheme
  std::optional<int> weight_bits = std::nullopt;  ///< fewer values than the machine's width allows, from 2 on
  ChannelScaling scaling = ChannelScaling::kNone;
  BiasCorrection bias_correction = BiasCorrection::kMeasured;
  bool search_scales = true;
  bool optimise_rounding = true;
  RangeMethod range_method = RangeMethod::kMinMax;
  double percentile = 99.99;  ///< of kPercentile
  bool fit_scores = true;     ///< a classifier's output range by divergence (output_range.h)

  /// Whether a step looks at calibration inputs, not only at the ranges and means found with them.
  bool needs_inputs() const;
  /// Every step that needs no inputs beyond a saved calibration.
  Recipe without_inputs() const;
  /// Nothing but the scheme: maximum scaling, nearest rounding, no correction.
  static Recipe plain(WeightScheme scheme, int shift_bits);
};

struct RecipeResult {
  QuantizedGraph quantized;
  Graph scaled;             ///< the float network that `quantized` stands for, channel by channel
  Calibration calibration;  ///< of `scaled`
};

/// `calibration` is that of `canonical` on `inputs`, which may be empty if the recipe needs none
/// (without_inputs). `progress`, which may be empty, hears how many of the layers are done. Results do not
/// depend on `threads`. Throws GraphError as quantize() does, and where kAnalytic finds no batch-norm
/// statistics.
RecipeResult quantize_by_recipe(const Graph& canonical, const Calibration& calibration,
                                const CalibrationInputs& inputs, const hw::ArchConfig& arch,
                                const Recipe& recipe, int threads);

}  // namespace npu::compiler
