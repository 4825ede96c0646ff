// 1. Count who reads each tensor.
// 2. An add is fused into the later of its operands' producers, if that is a convolution whose outputs nobody
// else
//    reads and every other layer between the two stands before it in the order.
// 3. A pool is fused into the convolution that makes its input, or into all convolutions whose outputs are
//    concatenated into it.
#include "compiler/codegen/layer_plan.h"

#include <algorithm>

#include "hw/common/error.h"

namespace npu::compiler {
namespace {

constexpr std::int64_t kNobody = -1;

class Fusion {
 public:
  explicit Fusion(const QuantizedGraph& graph)
      : graph_(graph), readers_(graph.tensors.size(), 0), maker_(graph.tensors.size(), kNobody) {
    for (std::size_t index = 0; index < graph.nodes.size(); ++index) {
      const auto& op = graph.nodes[index].op;
      for (const TensorId input : inputs_of(op)) ++readers_[static_cast<std::size_t>(input)];
      maker_[static_cast<std::size_t>(output_of(op))] = static_cast<std::int64_t>(index);
    }
    ++readers_[static_cast<std::size_t>(graph.output)];
    tails_.resize(graph.nodes.size());
    fused_.assign(graph.nodes.size(), false);
  }

  std::vector<LayerWork> run() {
    for (std::size_t index = 0; index < graph_.nodes.size(); ++index) {
      const auto& op = graph_.nodes[index].op;
      if (const auto* add = std::get_if<QAdd>(&op)) fuse_add(index, *add);
      if (const auto* pool = std::get_if<QMaxPool>(&op)) fuse_pool(index, pool->input);
      if (const auto* pool = std::get_if<QAveragePool>(&op)) {
        if (pool->multiplier_by_count.empty()) fuse_pool(index, pool->input);
      }
    }
    std::vector<LayerWork> layers;
    for (std::size_t index = 0; index < graph_.nodes.size(); ++index) {
      if (fused_[index]) continue;
      LayerWork work = tails_[index];
      work.node = &graph_.nodes[index];
      layers.push_back(work);
    }
    return layers;
  }

 private:
  // A convolution without a tail whose outputs only one node reads.
  bool can_take_tail(TensorId output) const {
    const std::int64_t node = maker_[static_cast<std::size_t>(output)];
    if (node == kNobody || readers_[static_cast<std::size_t>(output)] != 1) return false;
    const auto at = static_cast<std::size_t>(node);
    return std::holds_alternative<QConv>(graph_.nodes[at].op) && tails_[at].tail == nullptr;
  }

  void fuse_add(std::size_t index, const QAdd& add) {
    if (add.a == add.b) return;
    const auto made = [&](TensorId id) { return maker_[static_cast<std::size_t>(id)]; };
    const TensorId later = made(add.a) > made(add.b) ? add.a : add.b;
    if (!can_take_tail(later)) return;
    tails_[static_cast<std::size_t>(made(later))].tail = &graph_.nodes[index];
    fused_[index] = true;
  }

  void fuse_pool(std::size_t index, TensorId input) {
    std::vector<TensorId> parts{input};
    const std::int64_t maker = maker_[static_cast<std::size_t>(input)];
    const QConcat* concat =
        maker == kNobody ? nullptr : std::get_if<QConcat>(&graph_.nodes[static_cast<std::size_t>(maker)].op);
    if (concat != nullptr) {
      if (readers_[static_cast<std::size_t>(input)] != 1) return;
      parts = concat->inputs;
    }
    if (!std::all_of(parts.begin(), parts.end(), [&](TensorId part) { return can_take_tail(part); })) return;
    std::int64_t channel = 0;
    for (const TensorId part : parts) {
      LayerWork& work = tails_[static_cast<std::size_t>(maker_[static_cast<std::size_t>(part)])];
      work.tail = &graph_.nodes[index];
      work.tail_channel = channel;
      channel += graph_.tensors[static_cast<std::size_t>(part)].shape.channels;
    }
    fused_[index] = true;
    if (concat != nullptr) fused_[static_cast<std::size_t>(maker)] = true;
  }

  const QuantizedGraph& graph_;
  std::vector<int> readers_;
  std::vector<std::int64_t> maker_;
  std::vector<LayerWork> tails_;  ///< by node
  std::vector<bool> fused_;       ///< by node: runs as part of others
};

}  // namespace

std::vector<TensorId> LayerWork::inputs() const {
  std::vector<TensorId> ids = inputs_of(node->op);
  if (const QAdd* sum = add()) ids.push_back(sum->a == output_of(node->op) ? sum->b : sum->a);
  return ids;
}

std::vector<LayerWork> plan_layers(const QuantizedGraph& graph, bool fuses) {
  if (fuses) return Fusion(graph).run();
  std::vector<LayerWork> layers;
  for (const QNode& node : graph.nodes) layers.push_back({&node});
  return layers;
}

std::vector<MapView> find_views(const QuantizedGraph& graph) {
  std::vector<MapView> parent(graph.tensors.size());
  for (const auto& node : graph.nodes) {
    const auto* concat = std::get_if<QConcat>(&node.op);
    if (concat == nullptr) continue;
    std::int64_t offset = 0;
    for (const TensorId input : concat->inputs) {
      // verify_quantized refuses these: the quantiser inserts a copy.
      NPU_CHECK(parent[input].root < 0 && input != graph.input, "a tensor in two concatenations");
      parent[input] = {concat->output, offset};
      offset += graph.tensors[input].shape.channels;
    }
  }
  std::vector<MapView> views(graph.tensors.size());
  for (std::size_t id = 0; id < views.size(); ++id) {
    MapView view{static_cast<TensorId>(id), 0};
    while (parent[view.root].root >= 0) {
      view.channel_offset += parent[view.root].channel_offset;
      view.root = parent[view.root].root;
    }
    views[id] = view;
  }
  return views;
}

std::vector<MapLife> find_lives(const QuantizedGraph& graph, const std::vector<LayerWork>& layers,
                                const std::vector<MapView>& views) {
  std::vector<MapLife> lives(graph.tensors.size());
  const auto touch = [&](TensorId id, std::int64_t index) {
    MapLife& life = lives[views[id].root];
    life.first = life.used ? std::min(life.first, index) : index;
    life.last = life.used ? std::max(life.last, index) : index;
    life.used = true;
  };
  touch(graph.input, -1);
  for (std::size_t index = 0; index < layers.size(); ++index) {
    for (const TensorId input : layers[index].inputs()) touch(input, static_cast<std::int64_t>(index));
    touch(layers[index].output(), static_cast<std::int64_t>(index));
  }
  touch(graph.output, static_cast<std::int64_t>(layers.size()));
  return lives;
}

}  // namespace npu::compiler
