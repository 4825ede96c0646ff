// Bias correction: rounding the weights shifts the mean of a layer's outputs; the bias takes the difference
// back. The means of the layer's input come from a source, so that calibration statistics of the float
// network and means measured layer by layer on the quantised network are used alike.
#pragma once

#include <vector>

#include "compiler/graph/graph.h"
#include "compiler/quant/conv_quantization.h"
#include "compiler/quant/layer_inputs.h"

namespace npu::compiler {

/// For each output channel the float mean minus the quantised mean of the layer's sum:
///   sum over taps of f(tap) * (W * mean_real - Wq * mean_quantised)
/// with f the fraction of windows in which the tap is not padding. [out_channel], to be added to the bias.
std::vector<double> bias_correction(const ConvOp& op, const MapShape& input, const QuantizedWeights& weights,
                                    const InputMeans& means);

}  // namespace npu::compiler
