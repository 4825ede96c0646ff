// What the layers with weights hand over to a QDQ model's quantisation. Internal to this folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "compiler/import/import_node.h"

namespace npu::compiler {

struct LayerConstants {
  std::string input;  ///< value name
  const ConstantTensor& weights;
  std::size_t output_axis = 0;             ///< of the weights' axes
  const ConstantTensor* bias = nullptr;    ///< null if none
  FloatArray bias_values = empty_array();  ///< the bias as the layer uses it, [out_channel]
  std::int64_t out_channels = 0;
};

/// Notes scales, zero point and bias of a layer whose weights were stored as integers; does nothing for
/// others. Throws GraphError naming the layer where they fit no scheme of the machine.
void give_layer(const ImportNode& node, const LayerConstants& constants);

}  // namespace npu::compiler
