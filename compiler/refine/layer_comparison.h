// The quantised network beside float, layer by layer: signal-to-quantisation-noise ratio, means, cut values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/graph/graph.h"
#include "compiler/quant/quantized_graph.h"
#include "compiler/refine/calibration_run.h"

namespace npu::compiler {

struct LayerComparison {
  std::string name;    ///< of the node
  std::string tensor;  ///< its output
  double sqnr_db =
      0;  ///< 10 log10(sum of float^2 / sum of (float - integer)^2), over all inputs; 0 noise: 400
  double float_mean = 0;
  double integer_mean = 0;     ///< dequantised
  std::int64_t saturated = 0;  ///< outputs cut at a limit of the type, per all inputs
  std::int64_t elements = 0;
};

/// Nodes of `quantized` whose output `graph` knows too (not copies and parts of split operators), in order.
/// `graph` is the float network that `quantized` stands for (RecipeResult::scaled). Throws as interpret()
/// does.
std::vector<LayerComparison> compare_layers(const Graph& graph, const QuantizedGraph& quantized,
                                            const CalibrationInputs& inputs);

}  // namespace npu::compiler
