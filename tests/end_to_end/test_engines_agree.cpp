// Interpreter, functional engine and SystemC machine agree byte for byte on random networks and random
// machines, whatever the latencies, bandwidths and stalls.
#include <fmt/core.h>

#include "compiler/codegen/compile.h"
#include "compiler/reference/interpreter.h"
#include "hw/common/error.h"
#include "hw/isa/verifier.h"
#include "sim/engines/common/tensor_io.h"
#include "sim/engines/functional/functional_engine.h"
#include "sim/engines/systemc/systemc_engine.h"
#include "tests/random_network.h"

namespace npu {
namespace {

hw::ArchConfig default_arch() {
  return hw::load_arch(tests::source_folder() / "configs/arch/shift_npu.json");
}

// A machine with random array, buffers and dataflows; small enough that every kind of tiling occurs.
hw::ArchConfig random_arch(tests::TestRandom& random) {
  auto arch = default_arch();
  arch.pe_array.rows = static_cast<int>(random.integer(1, 24));
  arch.pe_array.columns = static_cast<int>(random.integer(1, 24));
  arch.pe_array.register_file_entries = static_cast<int>(random.integer(1, 16));
  const auto flows = random.integer(0, 2);
  arch.pe_array.weight_stationary = flows != 1;
  arch.pe_array.output_stationary = flows != 2;
  arch.weight_sram.capacity_bytes = random.integer(3, 40) * 1024;
  arch.global_buffer.capacity_bytes = random.integer(4, 40) * 1024;
  arch.accumulator_store.capacity_bytes = random.integer(1, 16) * 1024;
  return arch;
}

// Every tensor of the network after a functional run equals the interpreter's.
void check_all_tensors(const compiler::QuantizedGraph& graph, const hw::ArchConfig& arch,
                       std::uint64_t seed) {
  const auto program = compiler::compile(graph, arch, {.keep_activations = true});
  const auto input = tests::random_input(graph, seed);
  const auto expected = compiler::interpret(graph, input);
  sim::FunctionalEngine engine(program);
  const auto output = engine.run(input);
  CHECK(output == expected.tensors[graph.output]);
  for (std::size_t id = 0; id < graph.tensors.size(); ++id) {
    INFO("tensor " << graph.tensors[id].name);
    const auto found =
        sim::read_tensor(engine.dram(), program.tensor(graph.tensors[id].name), program.format);
    CHECK(found == expected.tensors[id]);
  }
}

// The SystemC machine's run, its output checked against the functional engine's.
sim::RunResult check_systemc(const hw::Program& program, const hw::ArchConfig& arch,
                             const std::vector<std::int32_t>& input, std::uint64_t stall_seed = 0) {
  sim::FunctionalEngine engine(program);
  const auto expected = engine.run(input);
  const auto result = sim::run_systemc(
      program, arch, input, {.executable = NPUSIM_BINARY, .random_stall_seed = stall_seed, .dram_out = {}});
  std::vector<std::int32_t> found;
  for (const std::uint8_t byte : result.output) found.push_back(static_cast<std::int8_t>(byte));
  CHECK(found == expected);
  return result;
}

// busy + stalled + idle = total for every unit, and layers sum to the total.
void check_time_is_conserved(const sim::RunResult& result) {
  for (const auto& unit : result.units) {
    Cycles sum = unit.busy + unit.idle;
    for (const auto& [cause, cycles] : unit.stalls) sum += cycles;
    CHECK(sum == result.cycles);
  }
  Cycles layers = 0;
  for (const auto& layer : result.layers) layers += layer.cycles;
  CHECK(layers <= result.cycles);
}

}  // namespace

TEST_CASE("On the default machine every tensor of a network with all operators equals the interpreter's") {
  const auto graph = tests::all_operators_network(7, {3, 61, 47});
  check_all_tensors(graph, default_arch(), 1);
}

TEST_CASE(
    "On random machines every tensor equals the interpreter's, or the machine is refused as too small") {
  int run = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    INFO("seed " << seed);
    tests::TestRandom random(seed);
    const compiler::MapShape input{random.integer(1, 5), random.integer(23, 70), random.integer(23, 70)};
    const auto graph = tests::all_operators_network(seed, input);
    const auto arch = random_arch(random);
    try {
      check_all_tensors(graph, arch, seed);
      ++run;
    } catch (const CapacityError& error) {
      INFO(error.what());
      CHECK(error.needed_bytes() > error.available_bytes());
    }
  }
  CHECK(run >= 30);
}

TEST_CASE(
    "One program gives the same bytes under any DRAM latency and bandwidth, and cycles in the right order") {
  const auto graph = tests::all_operators_network(21, {3, 61, 47});
  auto arch = default_arch();
  const auto program = compiler::compile(graph, arch);
  const auto input = tests::random_input(graph, 21);
  for (const double bytes_per_cycle : {1.0, 16.0, 64.0}) {
    Cycles before = 0;
    for (const Cycles latency : {0, 100, 1000}) {
      INFO("latency " << latency << ", bytes per cycle " << bytes_per_cycle);
      arch.dram.latency_cycles = latency;
      arch.dram.bytes_per_cycle = bytes_per_cycle;
      const auto result = check_systemc(program, arch, input);
      check_time_is_conserved(result);
      CHECK(result.cycles > before);
      CHECK(static_cast<double>(result.dram_read_bytes + result.dram_write_bytes) / bytes_per_cycle <=
            static_cast<double>(result.cycles));
      before = result.cycles;
    }
  }
}

TEST_CASE("Random stalls at every instruction never change a byte of the SystemC machine's result") {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    INFO("seed " << seed);
    tests::TestRandom random(100 + seed);
    const auto graph = tests::all_operators_network(seed, {random.integer(1, 5), 40, 33});
    auto arch = random_arch(random);
    arch.global_buffer.capacity_bytes = 48 * 1024;
    arch.weight_sram.capacity_bytes = 24 * 1024;
    const auto program = compiler::compile(graph, arch);
    check_time_is_conserved(check_systemc(program, arch, tests::random_input(graph, seed), seed));
  }
}

}  // namespace npu
