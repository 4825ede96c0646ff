#include <algorithm>

#include "compiler/codegen/dram_layout.h"
#include "tests/random_network.h"

namespace npu::compiler {
namespace {

struct Interval {
  std::int64_t begin, end;
};
bool overlap(const Interval& a, const Interval& b) { return a.begin < b.end && b.begin < a.end; }

Interval bytes_of(const hw::TensorSymbol& symbol) {
  return {symbol.dram_address, symbol.dram_address + symbol.height * symbol.row_stride_bytes};
}

DramLayout layout_of(const QuantizedGraph& graph, std::int64_t images, bool keep_all) {
  return plan_dram(graph, plan_layers(graph, false), 1, images, keep_all,
                   std::vector<bool>(graph.tensors.size(), false));
}

}  // namespace

TEST_CASE("Concatenated tensors are views of one map") {
  tests::NetworkMaker net(1, {4, 8, 8});
  const auto a = net.conv(net.input(), {.out_channels = 5});
  const auto b = net.conv(net.input(), {.out_channels = 7});
  const auto joined = net.concat({a, b});
  const auto graph = net.finish(net.conv(joined, {.out_channels = 3}));
  const auto layout = layout_of(graph, 1, false);
  CHECK(layout.symbols[a].dram_address == layout.symbols[joined].dram_address);
  CHECK(layout.symbols[b].dram_address == layout.symbols[joined].dram_address + 5);
  CHECK(layout.symbols[a].pixel_stride_bytes == 12);
  CHECK(layout.symbols[b].row_stride_bytes == 12 * 8);
}

TEST_CASE("Maps that one node needs at the same time never overlap") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    INFO("seed " << seed);
    const auto graph = tests::all_operators_network(seed, {3, 50, 40});
    const auto layout = layout_of(graph, 1, false);
    for (const auto& node : graph.nodes) {
      if (std::holds_alternative<QConcat>(node.op)) continue;
      const Interval out = bytes_of(layout.symbols[output_of(node.op)]);
      for (const TensorId input : inputs_of(node.op))
        CHECK_FALSE(overlap(out, bytes_of(layout.symbols[input])));
    }
    CHECK(layout.activation_bytes >= layout.peak_live_bytes);
  }
}

TEST_CASE("A chain reuses addresses, keeping every map does not") {
  tests::NetworkMaker net(2, {8, 16, 16});
  auto last = net.input();
  for (int i = 0; i < 6; ++i) last = net.conv(last, {.out_channels = 8});
  const auto graph = net.finish(last);
  const Bytes map = 8 * 16 * 16;
  CHECK(layout_of(graph, 1, false).activation_bytes == 2 * map);
  CHECK(layout_of(graph, 1, false).peak_live_bytes == 2 * map);
  CHECK(layout_of(graph, 1, true).activation_bytes == 7 * map);
  CHECK(layout_of(graph, 3, true).activation_bytes == 3 * 7 * map);
}

}  // namespace npu::compiler
