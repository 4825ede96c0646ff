// The single passes of the pipeline, in their order. Each takes a graph that verify_graph accepts, keeps what
// the network computes (within float rounding), and is described at the head of its own file. Internal to
// this folder and its tests.
#pragma once

#include "compiler/graph/graph.h"

namespace npu::compiler {

/// Removes nodes whose output does not lead to the network's output. Accepts an unverified graph.
Graph remove_dead_nodes(Graph graph);

/// Removes operators that hand on their only input unchanged.
Graph remove_identities(Graph graph);

/// Cuts a softmax off the end: the host computes it. Sets ends_in_softmax.
Graph cut_softmax(Graph graph);

/// Moves zero padding into the windows of the operators behind it. Throws GraphError where that is not
/// possible.
Graph merge_pads(Graph graph);

/// Fully connected layers become convolutions, over the whole map where a flatten stands before them; drops a
/// flatten at the end.
Graph gemms_to_convolutions(Graph graph);

/// Merges batch norms into convolutions before or behind them; others become depthwise 1x1 convolutions.
Graph fold_batch_norms(Graph graph);

/// Global average pools become average pools over the whole map.
Graph expand_global_pools(Graph graph);

/// Makes windows plain: no ceil_mode, no padding that no window reaches, no count_include_pad without
/// padding.
Graph normalise_windows(Graph graph);

/// Merges activations into the convolution or addition that makes their input, also through max pools and
/// concats.
Graph fuse_activations(Graph graph);

/// Throws GraphError for an operator that the quantiser does not know, saying why it is still there.
void check_canonical(const Graph& graph);

}  // namespace npu::compiler
