// A layer as the mapper sees it: what conv_tiling and vector_tiling need to know of a node, its tail and
// where its maps lie.
#pragma once

#include "compiler/codegen/layer_plan.h"
#include "compiler/codegen/residency.h"
#include "compiler/schedule/conv_tiling.h"
#include "compiler/schedule/vector_tiling.h"

namespace npu::compiler {

/// What the problems of a network's layers have in common.
struct ProblemContext {
  const QuantizedGraph& graph;
  const std::vector<MapView>& views;
  const Residency& residency;
  const hw::ArchConfig& arch;
  std::int64_t images = 1;

  bool on_chip(TensorId id) const {
    return residency.address[static_cast<std::size_t>(views[static_cast<std::size_t>(id)].root)].has_value();
  }
};

/// `layer.node` is a QConv. `index`: of the layer, for the room that it has.
ConvProblem conv_problem(const ProblemContext& context, const LayerWork& layer, std::size_t index);

/// `layer.node` is an add, rescale or pool that runs as a layer of its own.
VectorProblem vector_problem(const ProblemContext& context, const LayerWork& layer, std::size_t index);

/// A window that looks at one pixel: the images of a batch are then one map with more rows.
inline bool is_pointwise(const Window& window) { return window == Window{}; }

}  // namespace npu::compiler
