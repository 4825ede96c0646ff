// Machines with options that the published one lacks: feature maps that stay on chip, fused adds and pools,
// zeros that are skipped, rows and banks of the DRAM, banks of the global buffer. Results never change; the
// estimate stays within 3 % of SystemC; traffic falls where it must.
#include <fmt/core.h>

#include "compiler/codegen/compile.h"
#include "compiler/passes/pipeline.h"
#include "compiler/quant/shape_graph.h"
#include "compiler/reference/interpreter.h"
#include "hw/common/error.h"
#include "sim/engines/estimate/estimate_engine.h"
#include "tests/end_to_end/agreement.h"
#include "tests/random_network.h"
#include "workloads/networks.h"

namespace npu {
namespace {

using tests::check_systemc;
using tests::preset;

constexpr double kLargestError = 0.03;

hw::DramBanking lpddr4(const hw::ArchConfig& arch) {
  return {8, 4096, 18, 18, 3904, 180, arch.clock_hz / 1e9};
}

// A machine whose buffers hold some maps of a small network, but not all.
hw::ArchConfig random_arch(tests::TestRandom& random) {
  auto arch = preset("shift_npu");
  arch.pe_array.rows = static_cast<int>(random.integer(2, 20));
  arch.pe_array.columns = static_cast<int>(random.integer(2, 20));
  arch.pe_array.register_file_entries = static_cast<int>(random.integer(1, 16));
  arch.weight_sram.capacity_bytes = random.integer(6, 40) * 1024;
  arch.global_buffer.capacity_bytes = random.integer(10, 80) * 1024;
  arch.accumulator_store.capacity_bytes = random.integer(2, 16) * 1024;
  arch.dram.latency_cycles = random.integer(0, 200);
  arch.dram.bytes_per_cycle = static_cast<double>(random.integer(2, 32));
  return arch;
}

void check_against_interpreter(const compiler::QuantizedGraph& graph, const hw::ArchConfig& arch,
                               const std::vector<std::int32_t>& input) {
  const auto program = compiler::compile(graph, arch);
  const auto run = check_systemc(program, arch, input);
  const auto expected = compiler::interpret(graph, input).tensors[static_cast<std::size_t>(graph.output)];
  CHECK(tests::elements(run.output, program.format.activation_bytes()) == expected);
  const auto estimated = sim::estimate(program, arch);
  const double error = static_cast<double>(estimated.cycles) / static_cast<double>(run.cycles) - 1;
  INFO("estimate " << estimated.cycles << ", SystemC " << run.cycles);
  CHECK(std::abs(error) < kLargestError);
  CHECK(estimated.counts.count == run.counts.count);
}

hw::Program program_of(const std::string& network, const hw::ArchConfig& arch) {
  const auto shapes = compiler::shape_graph(compiler::canonicalise(workloads::outline_network(network)));
  compiler::PlanCache plans(arch, compiler::MapperEffort::kQuick);
  return compiler::compile_shapes(shapes, arch, plans);
}

Bytes dram_bytes(const std::string& network, const hw::ArchConfig& arch) {
  return sim::estimate(program_of(network, arch), arch).counts[hw::Component::kDram];
}

}  // namespace

TEST_CASE("Maps that stay on chip, fused adds and pools: every engine agrees with the interpreter") {
  int run = 0;
  int shorter = 0;
  for (std::uint64_t seed = 1; seed <= 16; ++seed) {
    tests::TestRandom random(900 + seed);
    auto arch = random_arch(random);
    const auto graph = tests::all_operators_network(
        seed, {random.integer(1, 5), random.integer(23, 60), random.integer(23, 60)});
    const auto input = tests::random_input(graph, seed);
    for (int choice = 1; choice <= 3; ++choice) {
      INFO("seed " << seed << ", maps on chip " << choice % 2 << ", fused " << choice / 2);
      try {
        const auto plain = compiler::compile(graph, arch).instructions.size();
        auto changed = arch;
        changed.execution.keeps_maps_on_chip = choice % 2 == 1;
        changed.execution.fuses_vector_layers = choice >= 2;
        check_against_interpreter(graph, changed, input);
        if (compiler::compile(graph, changed).instructions.size() < plain) ++shorter;
        ++run;
      } catch (const CapacityError&) {
        continue;  // too small a machine
      }
    }
  }
  CHECK(run >= 36);
  CHECK(shorter >= 20);
}

TEST_CASE("Batches with maps on chip and fused layers give every image what it gets alone") {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    INFO("seed " << seed);
    tests::TestRandom random(700 + seed);
    auto arch = preset("shift_npu");
    arch.execution.keeps_maps_on_chip = true;
    arch.execution.fuses_vector_layers = true;
    const auto graph =
        tests::all_operators_network(seed, {3, random.integer(23, 40), random.integer(23, 40)});
    std::vector<std::int32_t> batch;
    std::vector<std::int32_t> expected;
    for (std::uint64_t image = 0; image < 3; ++image) {
      const auto input = tests::random_input(graph, 10 * seed + image);
      batch.insert(batch.end(), input.begin(), input.end());
      const auto output = compiler::interpret(graph, input).tensors[static_cast<std::size_t>(graph.output)];
      expected.insert(expected.end(), output.begin(), output.end());
    }
    const auto program = compiler::compile(graph, arch, {.images = 3});
    const auto run = check_systemc(program, arch, batch);
    CHECK(tests::elements(run.output, program.format.activation_bytes()) == expected);
  }
}

TEST_CASE("Rows and banks of the DRAM, banks of the buffer: results are the same, the estimate within 3 %") {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    INFO("seed " << seed);
    tests::TestRandom random(800 + seed);
    auto arch = random_arch(random);
    arch.dram.banking = lpddr4(arch);
    arch.dram.banking.banks = static_cast<int>(random.integer(1, 16));
    arch.dram.banking.row_bytes = 256 << random.integer(0, 5);
    arch.global_buffer.banks = static_cast<int>(random.integer(1, 8));
    const auto graph = tests::all_operators_network(
        seed, {random.integer(1, 5), random.integer(23, 60), random.integer(23, 60)});
    try {
      check_against_interpreter(graph, arch, tests::random_input(graph, seed));
    } catch (const CapacityError&) {
      continue;  // too small a machine
    }
  }
}

TEST_CASE(
    "Zero weights of a program save time where the array skips real zeros, and none where it does not") {
  tests::NetworkMaker net(5, {32, 20, 20});
  auto graph = net.finish(net.conv(net.input(), {64, 3, 3, 1, 1, 1, 1, 1, 1, false}));
  auto arch = preset("shift_npu");
  arch.pe_array.weight_stationary = false;
  const auto cycles = [&](hw::ZeroSkipping skipping) {
    auto machine = arch;
    machine.pe_array.zero_skipping = skipping;
    return sim::estimate(compiler::compile(graph, machine), machine).cycles;
  };
  for (auto& node : graph.nodes) {
    auto* conv = std::get_if<compiler::QConv>(&node.op);
    if (conv == nullptr) continue;
    for (std::size_t index = 0; index < conv->weights.size(); ++index) {
      conv->weights[index] = index % 2 == 0 ? 0 : 3;
    }
  }
  const Cycles none = cycles(hw::ZeroSkipping::kNone);
  const Cycles real = cycles(hw::ZeroSkipping::kRealZeros);
  // Half of the broadcasts: 2 x 2 blocks of 16 x 16, 64 filters, 32 channels, 9 taps.
  CHECK(none - real >= 4 * 64 * 32 * 9 / 2 * 9 / 10);
  CHECK(none - real <= 4 * 64 * 32 * 9 / 2);
  auto machine = arch;
  machine.pe_array.zero_skipping = hw::ZeroSkipping::kRealZeros;
  check_against_interpreter(graph, machine, tests::random_input(graph, 1));
}

TEST_CASE("Maps on chip and fused layers save DRAM traffic on three networks, larger buffers more of it") {
  for (const char* network : {"sqnxt_23v5_1.0", "mobilenet_v2_1.0", "squeezenet_1.0"}) {
    INFO(network);
    const auto plain = preset("shift_npu");
    auto kept = plain;
    kept.execution.keeps_maps_on_chip = true;
    auto fused = plain;
    fused.execution.fuses_vector_layers = true;
    auto both = kept;
    both.execution.fuses_vector_layers = true;
    auto large = both;
    large.global_buffer.capacity_bytes *= 4;
    const Bytes through_dram = dram_bytes(network, plain);
    fmt::print("{}: DRAM bytes {}, on chip {}, fused {}, both {}, both in 512 KB {}\n", network, through_dram,
               dram_bytes(network, kept), dram_bytes(network, fused), dram_bytes(network, both),
               dram_bytes(network, large));
    CHECK(dram_bytes(network, kept) < through_dram);
    CHECK(dram_bytes(network, fused) < through_dram);
    CHECK(dram_bytes(network, large) < dram_bytes(network, both));
  }
}

}  // namespace npu
