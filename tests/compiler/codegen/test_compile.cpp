// Facts about compiled programs: counts that must hold whatever the tiling.
#include "compiler/codegen/compile.h"
#include "hw/common/error.h"
#include "tests/random_network.h"

namespace npu {
namespace {

hw::ArchConfig default_arch() {
  return hw::load_arch(tests::source_folder() / "configs/arch/shift_npu.json");
}

std::int64_t stored_bytes(const hw::Program& program, const hw::LayerSymbol& layer) {
  std::int64_t bytes = 0;
  for (std::int64_t pc = layer.first_pc; pc < layer.last_pc; ++pc) {
    if (program.instructions[pc].opcode != hw::Opcode::kStore) continue;
    const auto& transfer = program.instructions[pc].transfer();
    bytes += transfer.run_bytes * transfer.count1 * transfer.count2;
  }
  return bytes;
}

}  // namespace

TEST_CASE("Every layer stores its output map exactly once and loads its weights at least once") {
  const auto graph = tests::all_operators_network(9, {3, 64, 64});
  const auto program = compiler::compile(graph, default_arch());
  for (const auto& layer : program.layers) {
    INFO(layer.name);
    const auto& tensor = program.tensor(layer.output);
    CHECK(stored_bytes(program, layer) == tensor.height * tensor.width * tensor.channels);
    std::int64_t loaded = 0;
    for (std::int64_t pc = layer.first_pc; pc < layer.last_pc; ++pc) {
      if (program.instructions[pc].opcode == hw::Opcode::kLoadWeights) {
        loaded += program.instructions[pc].transfer().run_bytes;
      }
    }
    CHECK(loaded >= layer.weight_bytes + layer.bias_bytes + layer.shift_bytes);
  }
}

TEST_CASE("The MACs of a layer's instructions add up to the layer's") {
  const auto graph = tests::all_operators_network(10, {3, 64, 48});
  const auto program = compiler::compile(graph, default_arch());
  for (const auto& layer : program.layers) {
    INFO(layer.name);
    std::int64_t macs = 0;
    for (std::int64_t pc = layer.first_pc; pc < layer.last_pc; ++pc) {
      if (program.instructions[pc].opcode != hw::Opcode::kConv) continue;
      const auto& conv = program.instructions[pc].conv();
      macs += conv.out_height * conv.out_width * conv.out_channels * conv.kernel_height * conv.kernel_width *
              (conv.depthwise != 0 ? 1 : conv.in_channels);
    }
    CHECK(macs == layer.macs);
  }
}

TEST_CASE("Layers cover all instructions but the final HALT, without gaps") {
  const auto program = compiler::compile(tests::all_operators_network(11, {3, 40, 40}), default_arch());
  std::int64_t pc = 0;
  for (const auto& layer : program.layers) {
    CHECK(layer.first_pc == pc);
    pc = layer.last_pc;
  }
  CHECK(pc + 1 == static_cast<std::int64_t>(program.instructions.size()));
  CHECK(program.instructions.back().opcode == hw::Opcode::kHalt);
}

TEST_CASE("Compiling twice gives the same bytes") {
  const auto graph = tests::all_operators_network(12, {3, 40, 40});
  CHECK(hw::serialize(compiler::compile(graph, default_arch())) ==
        hw::serialize(compiler::compile(graph, default_arch())));
}

TEST_CASE("A graph quantised for other widths than the machine's is refused") {
  auto graph = tests::all_operators_network(13, {3, 40, 40});
  auto arch = default_arch();
  arch.data.accumulator_bits = 24;
  CHECK_THROWS_WITH(compiler::compile(graph, arch),
                    Catch::Contains("quantised for accumulator bits 32, the machine has 24"));
  arch = default_arch();
  arch.compounding.shift_bits = 2;
  CHECK_THROWS_AS(compiler::compile(graph, arch), GraphError);
}

TEST_CASE("A kernel that the instruction cannot hold is refused by layer name") {
  tests::NetworkMaker net(14, {1, 50, 50});
  const auto out = net.conv(net.input(), {.out_channels = 2, .kernel_height = 33, .kernel_width = 33});
  CHECK_THROWS_WITH(compiler::compile(net.finish(out), default_arch()),
                    Catch::Contains("conv1") && Catch::Contains("33x33"));
}

TEST_CASE("A DRAM that is too small is refused with needed and available bytes") {
  tests::NetworkMaker net(15, {16, 512, 512});
  const auto graph = net.finish(net.conv(net.input(), {.out_channels = 16}));
  auto arch = default_arch();
  arch.dram.capacity_bytes = 1 << 20;
  CHECK_THROWS_AS(compiler::compile(graph, arch), CapacityError);
}

TEST_CASE("What is said of a grouped layer's time says that it is each group's") {
  tests::NetworkMaker net(17, {8, 9, 9});
  const auto grouped = net.conv(net.input(), {.out_channels = 8, .groups = 4});
  const auto program = compiler::compile(net.finish(net.conv(grouped, {})), default_arch());
  CHECK_THAT(program.layers.at(0).dataflow_reason, Catch::EndsWith("for each of 4 groups"));
  CHECK_THAT(program.layers.at(0).shape, Catch::EndsWith("g4"));
  CHECK_THAT(program.layers.at(1).dataflow_reason, !Catch::Contains("groups"));
}

TEST_CASE("A batch of no images or of too many is refused with the number found") {
  tests::NetworkMaker net(16, {4, 4, 4});
  const auto graph = net.finish(net.conv(net.input(), {}));
  for (const std::int64_t images : {std::int64_t{0}, std::int64_t{-3}, compiler::kMaxImages + 1}) {
    CHECK_THROWS_WITH(compiler::compile(graph, default_arch(), {.images = images}),
                      Catch::Contains(std::to_string(images) + " images"));
  }
}

}  // namespace npu
