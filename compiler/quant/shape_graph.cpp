#include "compiler/quant/shape_graph.h"

#include "compiler/quant/given_layers.h"
#include "compiler/quant/lowering.h"

namespace npu::compiler {

QuantizedGraph shape_graph(const Graph& canonical, int shift_bits) {
  const ConvWidths widths{.largest_channel_shift = (1 << shift_bits) - 1};
  const auto apart = leaky_layers_apart(canonical, WeightScheme::kShift, widths);
  return lower(canonical, find_scale_groups(canonical), apart).graph;
}

}  // namespace npu::compiler
