// Bias correction: rounding the weights shifts the mean of a layer's outputs; the bias takes the difference
// back. The means of the layer's input come from a source, so that calibration statistics of the float
// network and means measured layer by layer on the quantised network are used alike.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "compiler/graph/graph.h"
#include "compiler/quant/conv_quantization.h"
#include "compiler/quant/quantized_graph.h"

namespace npu::compiler {

/// Mean of each channel of a layer's input, over pixels and inputs.
struct InputMeans {
  std::vector<float> real;       ///< in the float network
  std::vector<float> quantised;  ///< in the quantised network, dequantised; equal to `real` if not measured
};

/// Gives the means of `value`, which `so_far` (every node before the layer, in integers) computes as tensor
/// `id`.
using InputMeanSource =
    std::function<InputMeans(const std::string& value, const QuantizedGraph& so_far, TensorId id)>;

/// For each output channel the float mean minus the quantised mean of the layer's sum:
///   sum over taps of f(tap) * (W * mean_real - Wq * mean_quantised)
/// with f the fraction of windows in which the tap is not padding. [out_channel], to be added to the bias.
std::vector<double> bias_correction(const ConvOp& op, const MapShape& input, const QuantizedWeights& weights,
                                    const InputMeans& means);

}  // namespace npu::compiler
