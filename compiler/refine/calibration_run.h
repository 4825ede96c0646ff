// Runs the network, as far as it is quantised, on the calibration inputs and tells the quantiser what the
// next layer reads. By the reference interpreter, node by node, so that the statistics are those of the
// machine itself.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "compiler/graph/graph.h"
#include "compiler/quant/calibration.h"
#include "compiler/quant/layer_inputs.h"

namespace npu::compiler {

/// Float inputs of the network, [input][channel][row][column].
using CalibrationInputs = std::vector<std::vector<float>>;

class CalibrationRun final : public LayerInputs {
 public:
  /// `canonical`, `calibration` (of the same inputs) and `inputs` must outlive this object, which serves one
  /// run of the quantiser. Results do not depend on `threads`.
  CalibrationRun(const Graph& canonical, const Calibration& calibration, const CalibrationInputs& inputs,
                 int threads);

  InputMeans means(const std::string& value, const QuantizedGraph& so_far, TensorId id) override;
  OutputMeans output_means(const std::string& value, const QuantizedGraph& so_far,
                           double leaky_slope) override;
  std::vector<TapCovariance> covariances(const ConvOp& op, const QuantizedGraph& so_far,
                                         TensorId id) override;

 private:
  using Elements = std::vector<std::int16_t>;  ///< [row][column][channel]

  void advance(const QuantizedGraph& so_far);
  void quantize_inputs(const QuantizedGraph& so_far);
  void execute(const QuantizedGraph& so_far, const QNode& node);
  void release(const QuantizedGraph& so_far, const std::string& node);

  const Graph& graph_;
  const Calibration& calibration_;
  const CalibrationInputs& inputs_;
  int threads_;
  std::size_t executed_ = 0;                           ///< nodes
  std::map<TensorId, std::vector<Elements>> tensors_;  ///< of every input, as long as a layer may read them
  std::map<std::string, std::set<std::string>>
      readers_;  ///< value -> nodes of the float graph yet to read it
};

}  // namespace npu::compiler
