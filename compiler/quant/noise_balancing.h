// Factors for channels (channel_scaling.h) that weigh the two roundings of a layer's operands against each
// other: a channel multiplied by f > 1 has its activations rounded f times finer, relative to their values,
// and the weights that read it f times coarser. Models both as uniform noise, independent between elements;
// does not model correlations, clipping, or rounding of weights for the layer's output.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "compiler/graph/graph.h"
#include "compiler/quant/calibration.h"
#include "compiler/quant/channel_scaling.h"

namespace npu::compiler {

/// Mean square of every channel of every value, [channel], over pixels and inputs.
using ChannelPowers = std::map<std::string, std::vector<double>>;

struct NoiseBalancingOptions {
  int weight_bits = 8;
  int activation_bits = 8;
  double strength = 1;  ///< exponent of the factors found, 0 to 1
  double largest_factor = 256;
};

/// For each class the factor that minimises
///   sum over the layers that read it of (A / f^2 + B f^2) / output power,
///   A = step_x^2 sum(w^2),  B = E[x^2] sum(step_w^2)    (sums over the weights that read its channels),
/// f = (A / B)^(1/4), where step_x is the map's range / (2^activation_bits - 1) and step_w the filter's
/// largest weight / (2^(weight_bits - 1) - 1), with the factors of its other inputs. At least 1 (no clamp
/// becomes wrong) and at most what keeps every channel inside its map's calibrated range; 1 where nothing
/// reads the class or it is always 0.
std::vector<double> noise_balancing_factors(const Graph& canonical, const ChannelClasses& classes,
                                            const Calibration& calibration, const ChannelPowers& powers,
                                            const NoiseBalancingOptions& options);

}  // namespace npu::compiler
