// 1. Roots and their lives come from the plan of the layers (layer_plan.h).
// 2. Place roots that lie in DRAM by decreasing size at the lowest address free during their whole life
// (greedy by size).
#include "compiler/codegen/dram_layout.h"

#include <algorithm>

#include "hw/common/error.h"

namespace npu::compiler {
namespace {

constexpr Bytes kMapAlignment = 64;

Bytes map_bytes(const QTensor& tensor, int activation_bytes, std::int64_t images) {
  return round_up(images * tensor.shape.elements() * activation_bytes, kMapAlignment);
}

struct Placed {
  MapLife life;
  Bytes address;
  Bytes bytes;
};

Bytes lowest_free(const std::vector<Placed>& placed, const MapLife& life, Bytes bytes, bool keep_all) {
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

DramLayout plan_dram(const QuantizedGraph& graph, const std::vector<LayerWork>& layers, int activation_bytes,
                     std::int64_t images, bool keep_all, const std::vector<bool>& on_chip) {
  const auto views = find_views(graph);
  const auto lives = find_lives(graph, layers, views);
  std::vector<TensorId> roots;
  for (std::size_t id = 0; id < views.size(); ++id) {
    if (views[id].root == static_cast<TensorId>(id) && lives[id].used && !on_chip[id])
      roots.push_back(static_cast<TensorId>(id));
  }
  std::stable_sort(roots.begin(), roots.end(), [&](TensorId a, TensorId b) {
    return graph.tensors[a].shape.elements() > graph.tensors[b].shape.elements();
  });

  DramLayout layout;
  std::vector<Placed> placed;
  std::vector<Bytes> address(graph.tensors.size(), 0);
  std::vector<Bytes> live(layers.size() + 2, 0);
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
  if (peak_node >= 0 && peak_node < std::ssize(layers)) {
    layout.peak_layer = layers[static_cast<std::size_t>(peak_node)].node->name;
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
    const auto root_id = static_cast<std::size_t>(views[id].root);
    layout.in_dram.push_back(lives[root_id].used && !on_chip[root_id]);
    layout.symbols.push_back(std::move(symbol));
  }
  return layout;
}

}  // namespace npu::compiler
