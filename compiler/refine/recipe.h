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
  kTried,       ///< kBalanced as strongly as a trial on half of the inputs finds best (balance_trial.h)
  kCrossLayer,  ///< weights of neighbouring layers get equal ranges (arXiv 1906.04721); ReLU6 becomes ReLU
};

struct Recipe {
  WeightScheme scheme = WeightScheme::kShift;
  int shift_bits = 4;                             ///< of kShift; 0 is the plain layer-wise scheme
  std::optional<int> weight_bits = std::nullopt;  ///< fewer values than the machine's width allows, from 2 on
  ChannelScaling scaling = ChannelScaling::kTried;
  double balance_strength = 1;  ///< of kBalanced: the exponent of its factors, 0 (none) to 1
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

/// One strength of balancing and how far from float it ends on inputs that its quantisation never saw: mean
/// divergence of the class probabilities in nats, for networks without scores noise power / signal power.
struct BalanceTrial {
  double strength = 0;
  double distance = 0;
};

struct RecipeResult {
  QuantizedGraph quantized;
  Graph scaled;                      ///< the float network that `quantized` stands for, channel by channel
  Calibration calibration;           ///< of `scaled`
  std::vector<BalanceTrial> trials;  ///< of kTried
};

/// Whether the output is a vector of enough scores for their probabilities to mean something.
bool is_classifier(const Graph& canonical);

/// Outputs of the float network, [input][element].
std::vector<std::vector<float>> float_outputs(const Graph& graph, const CalibrationInputs& inputs);

/// Runs a quantised network exactly: inputs and outputs [input][row][column][channel].
using GraphExecutor = std::function<std::vector<std::vector<std::int32_t>>(
    const QuantizedGraph& graph, const std::vector<std::vector<std::int32_t>>& inputs)>;

/// By the reference interpreter, which needs no machine and is slow.
GraphExecutor interpreting_executor(int threads);

/// `calibration` is that of `canonical` on `inputs`, which may be empty if the recipe needs none
/// (without_inputs). Channels of a network with given numbers are not scaled. Whole networks are run by
/// `execute`, by default the interpreter. Results do not depend on `threads` nor on who executes. Throws
/// GraphError as quantize() does, and where kAnalytic finds no batch-norm statistics.
RecipeResult quantize_by_recipe(const Graph& canonical, const Calibration& calibration,
                                const CalibrationInputs& inputs, const hw::ArchConfig& arch,
                                const Recipe& recipe, int threads, const GraphExecutor& execute = {});

}  // namespace npu::compiler
