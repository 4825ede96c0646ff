// The order of work on the machine: one entry for each layer of the program, with the vector work that is
// fused into it, and where every feature map begins, ends and lies inside others. No addresses.
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/quant/quantized_graph.h"

namespace npu::compiler {

/// A node, and the residual add or pool that runs on its tiles before they are stored.
struct LayerWork {
  const QNode* node = nullptr;
  const QNode* tail = nullptr;    ///< a QAdd, QMaxPool or QAveragePool behind the QConv `node`; none: nullptr
  std::int64_t tail_channel = 0;  ///< of a pool behind a concatenation: where the node's channels begin in it

  const QAdd* add() const { return tail == nullptr ? nullptr : std::get_if<QAdd>(&tail->op); }
  bool pools() const { return tail != nullptr && add() == nullptr; }
  TensorId output() const { return output_of(tail == nullptr ? node->op : tail->op); }
  std::vector<TensorId> inputs() const;  ///< that it reads from where maps lie
};

/// Nodes in the graph's order; `fuses`: residual adds and pools into the convolution before them, where
/// nobody else needs its outputs. A pool behind a concatenation goes into every convolution that feeds it.
/// Nodes without work of their own (concatenations) are part of it: they keep their inputs alive.
std::vector<LayerWork> plan_layers(const QuantizedGraph& graph, bool fuses);

/// A tensor as part of another: concatenation inputs are channels of the concatenated map, from
/// `channel_offset`.
struct MapView {
  TensorId root = -1;
  std::int64_t channel_offset = 0;
};
std::vector<MapView> find_views(const QuantizedGraph& graph);  ///< by TensorId

/// From the first entry that writes any part of a root to the last that reads any part. -1: before the first
/// entry (the network's input); the number of entries: behind the last (its output).
struct MapLife {
  std::int64_t first = -1;
  std::int64_t last = -1;
  bool used = false;
};
std::vector<MapLife> find_lives(const QuantizedGraph& graph, const std::vector<LayerWork>& layers,
                                const std::vector<MapView>& views);  ///< by root

}  // namespace npu::compiler
