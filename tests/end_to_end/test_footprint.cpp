// What the report says about memory, against what the machine does.
#include <map>
#include <vector>

#include "compiler/codegen/buffer_advice.h"
#include "compiler/codegen/compile.h"
#include "compiler/passes/pipeline.h"
#include "compiler/quant/shape_graph.h"
#include "tests/end_to_end/agreement.h"
#include "tests/random_network.h"
#include "workloads/networks.h"

namespace npu {
namespace {

using tests::preset;

hw::ArchConfig small_machine(Bytes weight_sram, Bytes global_buffer) {
  auto arch = preset("shift_npu");
  arch.weight_sram.capacity_bytes = weight_sram;
  arch.global_buffer.capacity_bytes = global_buffer;
  return arch;
}

// Bytes that the layer's loads of one kind move, less the distinct DRAM bytes among them.
Bytes reloaded(const hw::Program& program, const hw::LayerSymbol& layer, hw::Opcode opcode) {
  std::map<std::int64_t, bool> seen;
  Bytes loaded = 0;
  for (auto pc = layer.first_pc; pc < layer.last_pc; ++pc) {
    const auto& instruction = program.instructions[static_cast<std::size_t>(pc)];
    if (instruction.opcode != opcode) continue;
    const auto& transfer = instruction.transfer();
    for (std::int64_t plane = 0; plane < transfer.count2; ++plane) {
      for (std::int64_t run = 0; run < transfer.count1; ++run) {
        for (std::int64_t byte = 0; byte < transfer.run_bytes; ++byte) {
          seen[transfer.dram_address + plane * transfer.dram_stride2 + run * transfer.dram_stride1 + byte] =
              true;
          ++loaded;
        }
      }
    }
  }
  return loaded - std::ssize(seen);
}

}  // namespace

TEST_CASE("Reloaded bytes of every layer are those that its instructions load more than once") {
  Bytes total = 0;
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    INFO("seed " << seed);
    tests::TestRandom random(900 + seed);
    const auto graph = tests::all_operators_network(seed, {random.integer(1, 5), 40, 33});
    const auto arch = small_machine(random.integer(3, 12) * 1024, random.integer(4, 12) * 1024);
    const auto program = compiler::compile(graph, arch, {.images = random.integer(1, 3)});
    for (const auto& layer : program.layers) {
      INFO(layer.name << ": " << layer.tiling);
      // A table of multipliers is loaded once.
      CHECK(layer.reloaded_weight_bytes == reloaded(program, layer, hw::Opcode::kLoadWeights));
      CHECK(layer.reloaded_input_bytes == reloaded(program, layer, hw::Opcode::kLoadActivations));
      total += layer.reloaded_weight_bytes + layer.reloaded_input_bytes;
    }
  }
  CHECK(total > 0);
}

TEST_CASE("A buffer enlarged to the advised size really ends the layer's reloading") {
  const auto graph = tests::all_operators_network(4, {3, 64, 64});
  const auto arch = small_machine(4 * 1024, 6 * 1024);
  const auto mapper = compiler::MapperEffort::kThorough;
  const auto advice = compiler::advise_buffers(graph, arch, mapper, 1);
  REQUIRE_FALSE(advice.empty());
  const auto present = compiler::compile(graph, arch, {.mapper = mapper}).layers;
  int answers = 0;
  for (const auto& entry : advice) {
    INFO(entry.name);
    const auto index = static_cast<std::size_t>(entry.layer);
    CHECK(present[index].name == entry.name);
    CHECK(present[index].reloaded_weight_bytes == entry.reloaded_weight_bytes);
    CHECK(present[index].reloaded_input_bytes == entry.reloaded_input_bytes);
    const auto check = [&](const hw::ArchConfig& larger) {
      const auto layer = compiler::compile(graph, larger, {.mapper = mapper}).layers[index];
      CHECK(layer.reloaded_weight_bytes + layer.reloaded_input_bytes == 0);
      ++answers;
    };
    if (entry.global_buffer_bytes) check(small_machine(4 * 1024, *entry.global_buffer_bytes));
    if (entry.weight_sram_bytes) check(small_machine(*entry.weight_sram_bytes, 6 * 1024));
  }
  CHECK(answers > 0);
}

TEST_CASE("The fill over time reaches the high-water mark, never more, and its contents add up to it") {
  const auto graph = tests::all_operators_network(6, {3, 61, 47});
  const auto arch = small_machine(16 * 1024, 24 * 1024);
  const auto program = compiler::compile(graph, arch);
  const auto run = tests::check_systemc(program, arch, tests::random_input(graph, 6));
  REQUIRE(run.fill.size() == 3);
  for (const auto& [memory, fill] : run.fill) {
    INFO(memory);
    CHECK(fill.peak_bytes == run.high_water_bytes.at(memory));
    CHECK(*std::max_element(fill.slot_bytes.begin(), fill.slot_bytes.end()) == fill.peak_bytes);
    CHECK(*std::max_element(fill.layer_bytes.begin(), fill.layer_bytes.end()) == fill.peak_bytes);
    CHECK(fill.layer_bytes.size() == program.layers.size());
    CHECK(std::ssize(fill.slot_bytes) * fill.slot_cycles >= run.cycles);
    std::int64_t contents = 0;
    for (const auto& share : fill.peak_shares) {
      CHECK(share.bytes > 0);
      CHECK(share.layer >= 0);
      CHECK_NOTHROW(program.tensor(share.tensor));
      contents += share.bytes;
    }
    CHECK(contents == fill.peak_bytes);
  }
}

TEST_CASE(
    "The shifts of MobileNet v1 take half a byte for each of its 11,944 channels, 0.14 % of the weights") {
  const auto shapes =
      compiler::shape_graph(compiler::canonicalise(workloads::build_network("mobilenet_v1_1.0")));
  const auto arch = preset("shift_npu");
  compiler::PlanCache plans(arch, compiler::MapperEffort::kQuick);
  const auto program = compiler::compile_shapes(shapes, arch, plans);
  std::int64_t channels = 0;
  std::int64_t tiles = 0;
  for (const auto& layer : program.layers) {
    channels += layer.weight_bytes > 0 ? layer.out_channels : 0;
    tiles += layer.last_pc - layer.first_pc;
  }
  CHECK(channels == 11'944);
  CHECK(program.footprint.shift_bytes >= 5'972);
  CHECK(program.footprint.shift_bytes <= 5'972 + tiles);  // half a byte more where a tile has an odd number
  CHECK(static_cast<double>(program.footprint.shift_bytes) /
            static_cast<double>(program.footprint.weight_bytes) ==
        Approx(0.0014).margin(0.0001));
}

TEST_CASE("The layer of the largest live maps and those maps are named") {
  const auto graph = tests::all_operators_network(6, {3, 61, 47});
  const auto program = compiler::compile(graph, preset("shift_npu"));
  Bytes bytes = 0;
  for (const auto& name : program.footprint.peak_tensors) {
    const auto& tensor = program.tensor(name);
    bytes += round_up(tensor.elements() * program.format.activation_bytes(), Bytes{64});
  }
  CHECK(bytes == program.footprint.peak_live_activation_bytes);
  CHECK_FALSE(program.footprint.peak_layer.empty());
}

}  // namespace npu
