// Which adds and pools run on the tiles of the convolution before them, and which maps stay on chip where.
#include "compiler/codegen/compile.h"
#include "compiler/codegen/layer_plan.h"
#include "compiler/codegen/residency.h"
#include "tests/random_network.h"

namespace npu::compiler {
namespace {

hw::ArchConfig default_arch() {
  return hw::load_arch(tests::source_folder() / "configs/arch/shift_npu.json");
}

std::size_t fused_layers(const QuantizedGraph& graph) {
  std::size_t count = 0;
  for (const LayerWork& layer : plan_layers(graph, true)) count += layer.tail == nullptr ? 0 : 1;
  return count;
}

}  // namespace

TEST_CASE("A residual add goes into the later of its operands' convolutions") {
  tests::NetworkMaker net(1, {8, 16, 16});
  const auto first = net.conv(net.input(), {.out_channels = 8});
  const auto second = net.conv(first, {.out_channels = 8});
  const auto graph = net.finish(net.add(first, second));
  const auto layers = plan_layers(graph, true);
  REQUIRE(layers.size() == 2);
  CHECK(layers[0].tail == nullptr);
  REQUIRE(layers[1].add() != nullptr);
  CHECK(layers[1].output() == graph.output);
  CHECK(layers[1].inputs() == std::vector<TensorId>{first, first});
  CHECK(plan_layers(graph, false).size() == 3);
}

TEST_CASE("An add is not fused where somebody else reads the convolution's outputs") {
  tests::NetworkMaker net(1, {8, 16, 16});
  const auto first = net.conv(net.input(), {.out_channels = 8});
  const auto second = net.conv(first, {.out_channels = 8});
  const auto sum = net.add(first, second);
  CHECK(fused_layers(net.finish(net.add(sum, second))) == 0);
}

TEST_CASE("A pool goes into its convolution, or into every one that is concatenated in front of it") {
  tests::NetworkMaker net(1, {8, 16, 16});
  const auto a = net.conv(net.input(), {.out_channels = 5});
  const auto b = net.conv(net.input(), {.out_channels = 7});
  const auto graph = net.finish(net.max_pool(net.concat({a, b}), 3, 2, 1));
  const auto layers = plan_layers(graph, true);
  REQUIRE(layers.size() == 2);
  CHECK(layers[0].pools());
  CHECK(layers[0].tail_channel == 0);
  CHECK(layers[1].pools());
  CHECK(layers[1].tail_channel == 5);
}

TEST_CASE("A pool behind an add, or with a table of multipliers, is a layer of its own") {
  tests::NetworkMaker net(1, {8, 16, 16});
  const auto first = net.conv(net.input(), {.out_channels = 8});
  const auto sum = net.add(first, net.conv(first, {.out_channels = 8}));
  CHECK(fused_layers(net.finish(net.max_pool(sum, 2, 2, 0))) == 1);
  tests::NetworkMaker other(2, {8, 16, 16});
  const auto conv = other.conv(other.input(), {.out_channels = 8});
  CHECK(fused_layers(other.finish(other.average_pool(conv, 3, 3, 1, true))) == 0);
}

TEST_CASE("Maps on chip never overlap while they live, nor the room of any layer's tiles") {
  int resident = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    INFO("seed " << seed);
    const auto graph = tests::all_operators_network(seed, {3, 50, 40});
    auto arch = default_arch();
    arch.global_buffer.capacity_bytes = 1024 * (16 + 8 * static_cast<Bytes>(seed));
    const auto layers = plan_layers(graph, seed % 2 == 0);
    const auto views = find_views(graph);
    const auto lives = find_lives(graph, layers, views);
    PlanCache plans(arch, MapperEffort::kQuick);
    const auto plan = plan_residency(graph, layers, arch, 1, plans);
    const auto bytes = [&](std::size_t id) { return graph.tensors[id].shape.elements(); };
    for (std::size_t id = 0; id < graph.tensors.size(); ++id) {
      if (!plan.address[id]) continue;
      ++resident;
      const Bytes begin = *plan.address[id];
      const Bytes end = begin + bytes(id);
      CHECK(end <= arch.global_buffer.capacity_bytes);
      for (std::int64_t layer = lives[id].first; layer <= lives[id].last; ++layer) {
        const BufferRoom& room = plan.room[static_cast<std::size_t>(layer)];
        CHECK((end <= room.begin || room.begin + room.bytes <= begin));
      }
      for (std::size_t other = 0; other < id; ++other) {
        if (!plan.address[other] || lives[other].first > lives[id].last ||
            lives[id].first > lives[other].last) {
          continue;
        }
        CHECK((end <= *plan.address[other] || *plan.address[other] + bytes(other) <= begin));
      }
    }
  }
  CHECK(resident > 10);
}

TEST_CASE("A chain of maps that fit never goes to DRAM, and a program that keeps all maps there keeps them") {
  tests::NetworkMaker net(2, {8, 16, 16});
  auto last = net.input();
  for (int i = 0; i < 6; ++i) last = net.conv(last, {.out_channels = 8});
  const auto graph = net.finish(last);
  auto arch = default_arch();
  arch.execution.keeps_maps_on_chip = true;
  const auto transfers = [](const hw::Program& program, hw::Opcode opcode) {
    std::int64_t bytes = 0;
    for (const auto& instruction : program.instructions) {
      if (instruction.opcode != opcode) continue;
      const auto& transfer = instruction.transfer();
      bytes += transfer.run_bytes * transfer.count1 * transfer.count2;
    }
    return bytes;
  };
  const auto program = compile(graph, arch);
  const Bytes map = 8 * 16 * 16;
  CHECK(transfers(program, hw::Opcode::kStore) == map);
  CHECK(transfers(program, hw::Opcode::kLoadActivations) == map);
  CHECK(program.tensors.size() == 2);
  CHECK(program.footprint.activation_bytes == map);  // input and output share their place
  CHECK(compile(graph, arch, {.keep_activations = true}).tensors.size() == 7);
}

}  // namespace npu::compiler
