// The passes that turn an imported graph into the few operators the quantiser knows: conv (with fused
// activation, batch norm folded, gemm as convolution), activation that could not be fused, add (with fused
// activation), concat, max pool, average pool. One pass, one file; the verifier runs after each.
#pragma once

#include "compiler/graph/graph.h"

namespace npu::compiler {

/// Runs every pass in order. Results equal the input's within float rounding. Throws GraphError for an
/// operator in a place that the machine cannot run (for instance Flatten in the middle of the network).
Graph canonicalise(const Graph& graph);

}  // namespace npu::compiler
