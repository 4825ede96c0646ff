// What a layer reads while the network runs in integers on the calibration inputs, asked for layer by layer
// as the quantiser goes. The answers come from above (compiler/refine): the quantiser itself never runs the
// network.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/graph/graph.h"
#include "compiler/quant/quantized_graph.h"

namespace npu::compiler {

/// Mean of each channel of a layer's input, over pixels and inputs.
struct InputMeans {
  std::vector<float> real;       ///< in the float network
  std::vector<float> quantised;  ///< in the quantised network, dequantised; equal to `real` if not measured
};

/// Covariance of the taps that one group of filters sees, over sampled windows, padding included as zero.
struct TapCovariance {
  std::int64_t taps = 0;     ///< input channels of the group x kernel area, in the order of ConvOp::weights
  std::int64_t samples = 0;  ///< windows
  std::vector<float>
      matrix;  ///< [tap][tap], of dequantised values less their mean, in units of the input's scale
};

/// How the outputs of the layer that `so_far` ends in compare with the float network's, [out_channel].
struct OutputMeans {
  std::vector<float> real;       ///< mean after the activation in the float network
  std::vector<float> quantised;  ///< the same in the quantised network, dequantised
  std::vector<float> slope;      ///< change of `quantised` for a small change of the bias
};

class LayerInputs {
 public:
  virtual ~LayerInputs() = default;

  /// Means of `value`, which `so_far` (every node before the layer, in integers) computes as tensor `id`.
  virtual InputMeans means(const std::string& value, const QuantizedGraph& so_far, TensorId id) = 0;

  /// Means of `value`, the output of the convolution that is the last node of `so_far`. `leaky_slope`: of the
  /// activation below zero, 0 if it is a clamp. Forgets the run of that node: its bias may change now.
  virtual OutputMeans output_means(const std::string& value, const QuantizedGraph& so_far,
                                   double leaky_slope) = 0;

  /// Covariances of the windows of `op`, which reads tensor `id` of `so_far`, [group].
  virtual std::vector<TapCovariance> covariances(const ConvOp& op, const QuantizedGraph& so_far,
                                                 TensorId id) = 0;
};

}  // namespace npu::compiler
