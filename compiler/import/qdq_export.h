// What a quantised network has in an ONNX file beside its float operators: every value passes through a
// QuantizeLinear and a DequantizeLinear, weights are int8 and biases int32 behind a DequantizeLinear. The
// operators themselves are onnx_export's.
#pragma once

#include <string>
#include <vector>

#include "compiler/graph/graph.h"
#include "compiler/import/onnx_writer.h"

namespace npu::compiler {

class QdqExporter {
 public:
  /// Both must outlive it; `given` is complete, integers included.
  QdqExporter(const GivenQuantization& given, OnnxWriter& writer) : given_(given), writer_(writer) {}

  /// Appends QuantizeLinear and DequantizeLinear behind `value`; returns the latter's output. Throws
  /// GraphError if the value has no scale.
  std::string quantize(const std::string& value);

  /// Appends a convolution's weights [out_channel][in_channel of the group][row][column] of shape `dims`, and
  /// its biases unless it has none, behind a DequantizeLinear each; returns their names. Throws GraphError:
  /// the layer has no integers, int32 or float32 cannot hold a bias.
  std::vector<std::string> add_constants(const Node& node, const ConvOp& op,
                                         const std::vector<std::int64_t>& dims);

 private:
  std::string add_dequantize(const std::string& base, const std::string& integers,
                             const std::vector<float>& scales, const std::string& zero);
  std::string add_bias(const std::string& node, const std::vector<double>& bias,
                       const std::vector<float>& weight_scales, double input_scale);

  const GivenQuantization& given_;
  OnnxWriter& writer_;
};

}  // namespace npu::compiler
