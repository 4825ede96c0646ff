// Algorithm: each global average pool becomes an average pool whose window is its input map.
#include "compiler/passes/passes.h"

namespace npu::compiler {

Graph expand_global_pools(Graph graph) {
  const ShapeMap shapes = infer_shapes(graph);
  for (Node& node : graph.nodes) {
    if (std::holds_alternative<GlobalAveragePoolOp>(node.op)) {
      const MapShape& in = shapes.at(node.inputs[0]);
      AveragePoolOp pool;
      pool.window.kernel_height = in.height;
      pool.window.kernel_width = in.width;
      node.op = pool;
    }
  }
  return graph;
}

}  // namespace npu::compiler
