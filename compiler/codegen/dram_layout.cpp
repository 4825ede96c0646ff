// 1. Follow concatenations: every tensor gets a root map and a channel offset in it.
// 2. Life of a root: from the first node that writes any part of it to the last that reads any part.
// 3. Place roots by decreasing size at the lowest address free during their whole life (greedy by size).
#include "compiler/codegen/dram_layout.h"

#include <algorithm>
#include <numeric>

#include "hw/common/error.h"

namespace npu::compiler {
namespace {

constexpr Bytes kMapAlignment = 64;

struct View {
  TensorId root = -1;
  std::int64_t channel_offset = 0;
};

// Parent of each concatenation input, then the chain to the root.
std::vector<View> find_views(const QuantizedGraph& graph) {
  std::vector<View> parent(graph.tensors.size());
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
  std::vector<View> views(graph.tensors.size());
  for (std::size_t id = 0; id < views.size(); ++id) {
    View view{static_cast<TensorId>(id), 0};
    while (parent[view.root].root >= 0) {
      view.channel_offset += parent[view.root].channel_offset;
      view.root = parent[view.root].root;
    }
    views[id] = view;
  }
  return views;
}

struct Life {
  std::int64_t first = -1;  ///< node index; -1: before the first node
  std::int64_t last = -1;
  bool used = false;
};

std::vector<Life> find_lives(const QuantizedGraph& graph, const std::vector<View>& views) {
  std::vector<Life> lives(graph.tensors.size());
  const auto touch = [&](TensorId id, std::int64_t index) {
    Life& life = lives[views[id].root];
    life.first = life.used ? std::min(life.first, index) : index;
    life.last = life.used ? std::max(life.last, index) : index;
    life.used = true;
  };
  touch(graph.input, -1);
  for (std::size_t index = 0; index < graph.nodes.size(); ++index) {
    const auto& op = graph.nodes[index].op;
    for (const TensorId input : inputs_of(op)) touch(input, static_cast<std::int64_t>(index));
    touch(output_of(op), static_cast<std::int64_t>(index));
  }
  touch(graph.output, static_cast<std::int64_t>(graph.nodes.size()));
  return lives;
}

Bytes map_bytes(const QTensor& tensor, int activation_bytes, std::int64_t images) {
  return round_up(images * tensor.shape.elements() * activation_bytes, kMapAlignment);
}

struct Placed {
  Life life;
  Bytes address;
  Bytes bytes;
};

Bytes lowest_free(const std::vector<Placed>& placed, const Life& life, Bytes bytes, bool keep_all) {
  std::vector<const Placed*> rivals;
  for (const auto& other : placed) {
    if (keep_all || (other.life.first <= life.last && life.first <= other.life.last))
      rivals.push_back(&other);
  }
  std::sort(rivals.begin(), rivals.end(),
            [](const Placed* a, const Placed* b) { return a->address < b->address; });
  Bytes address = 0;
  for (const Placed* rival : rivals) {
    if (address + bytes <= rival->address) break;
    address = std::max(address, rival->address + rival->bytes);
  }
  return address;
}

}  // namespace

DramLayout plan_dram(const QuantizedGraph& graph, int activation_bytes, std::int64_t images, bool keep_all) {
  const auto views = find_views(graph);
  const auto lives = find_lives(graph, views);
  std::vector<TensorId> roots;
  for (std::size_t id = 0; id < views.size(); ++id) {
    if (views[id].root == static_cast<TensorId>(id) && lives[id].used)
      roots.push_back(static_cast<TensorId>(id));
  }
  std::stable_sort(roots.begin(), roots.end(), [&](TensorId a, TensorId b) {
    return graph.tensors[a].shape.elements() > graph.tensors[b].shape.elements();
  });

  DramLayout layout;
  std::vector<Placed> placed;
  std::vector<Bytes> address(graph.tensors.size(), 0);
  std::vector<Bytes> live(graph.nodes.size() + 2, 0);
  for (const TensorId root : roots) {
    const Bytes bytes = map_bytes(graph.tensors[root], activation_bytes, images);
    address[root] = lowest_free(placed, lives[root], bytes, keep_all);
    placed.push_back({lives[root], address[root], bytes});
    layout.activation_bytes = std::max(layout.activation_bytes, address[root] + bytes);
    for (std::int64_t index = lives[root].first; index <= lives[root].last; ++index) live[index + 1] += bytes;
  }
  const auto peak = std::max_element(live.begin(), live.end());
  layout.peak_live_bytes = *peak;
  const std::int64_t peak_node = peak - live.begin() - 1;
  if (peak_node >= 0 && peak_node < std::ssize(graph.nodes)) {
    layout.peak_layer = graph.nodes[static_cast<std::size_t>(peak_node)].name;
  }
  for (const TensorId root : roots) {
    if (lives[root].first <= peak_node && peak_node <= lives[root].last) {
      layout.peak_tensors.push_back(graph.tensors[root].name);
    }
  }

  for (std::size_t id = 0; id < views.size(); ++id) {
    const auto& tensor = graph.tensors[id];
    const auto& root = graph.tensors[views[id].root];
    hw::TensorSymbol symbol;
    symbol.name = tensor.name;
    symbol.images = images;
    symbol.height = tensor.shape.height;
    symbol.width = tensor.shape.width;
    symbol.channels = tensor.shape.channels;
    symbol.pixel_stride_bytes = root.shape.channels * activation_bytes;
    symbol.row_stride_bytes = root.shape.width * symbol.pixel_stride_bytes;
    symbol.dram_address = address[views[id].root] + views[id].channel_offset * activation_bytes;
    symbol.scale = tensor.scale;
    symbol.zero_point = tensor.zero_point;
    layout.symbols.push_back(std::move(symbol));
  }
  return layout;
}

}  // namespace npu::compiler
