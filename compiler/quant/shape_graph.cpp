#include "compiler/quant/shape_graph.h"

#include "compiler/quant/lowering.h"

namespace npu::compiler {

QuantizedGraph shape_graph(const Graph& canonical) {
  return lower(canonical, find_scale_groups(canonical), {}).graph;
}

}  // namespace npu::compiler
