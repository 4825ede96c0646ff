// What the SystemC engine promises: the bytes of the functional engine whatever the timing, conservation of
// time, bytes and energy counts, and closed-form cycles where they can be written down.
#include <fmt/core.h>

#include <cstring>

#include "hw/common/error.h"
#include "hw/common/file.h"
#include "hw/isa/verifier.h"
#include "hw/timing/conv_timing.h"
#include "hw/timing/transfer_timing.h"
#include "sim/engines/functional/functional_engine.h"
#include "sim/engines/systemc/systemc_engine.h"
#include "tests/sim/engines/systemc/tiny_program.h"
#include "tests/support.h"

namespace {

using namespace npu;
using namespace npu::tests;

sim::SystemcOptions worker_options() {
  sim::SystemcOptions options;
  options.executable = NPUSIM_TEST_WORKER;
  return options;
}

sim::RunResult simulate(const hw::Program& program, const hw::ArchConfig& arch,
                        const std::vector<std::int32_t>& input, std::uint64_t stall_seed = 0) {
  auto options = worker_options();
  options.random_stall_seed = stall_seed;
  return sim::run_systemc(program, arch, input, options);
}

std::vector<std::uint8_t> functional_output(const hw::Program& program,
                                            const std::vector<std::int32_t>& input) {
  sim::FunctionalEngine engine(program);
  std::vector<std::uint8_t> bytes;
  for (const std::int32_t value : engine.run(input)) bytes.push_back(static_cast<std::uint8_t>(value));
  return bytes;
}

Cycles sum(const sim::UnitTime& unit) {
  Cycles total = unit.busy + unit.idle;
  for (const auto& [cause, cycles] : unit.stalls) total += cycles;
  return total;
}

void check_conservation(const sim::RunResult& result, const hw::Program& program,
                        const hw::ArchConfig& arch) {
  for (const auto& unit : result.units) CHECK(sum(unit) == result.cycles);
  CHECK(sum(result.dram_bus) == result.cycles);
  CHECK(sum(result.compounding_unit) == result.cycles);
  const auto traffic = static_cast<double>(result.dram_read_bytes + result.dram_write_bytes);
  CHECK(traffic / arch.dram.bytes_per_cycle <= static_cast<double>(result.cycles));
  CHECK(result.counts[hw::Component::kDram] == result.dram_read_bytes + result.dram_write_bytes);
  hw::AccessCounts counts;
  Cycles cycles = 0;
  for (const auto& layer : result.layers) {
    counts += layer.counts;
    cycles += layer.cycles;
  }
  counts[hw::Component::kDram] += result.instruction_fetch_bytes;
  CHECK(counts.count == result.counts.count);
  CHECK(cycles == result.cycles);
  const auto instruction_bytes = static_cast<std::int64_t>(program.instructions.size()) * 64;
  CHECK(result.instruction_fetch_bytes == instruction_bytes);
}

}  // namespace

TEST_CASE("a tile loop is a verified program, and SystemC gives the bytes of the functional engine") {
  const auto arch = default_machine();
  const auto program = tile_loop_program({}, arch);
  hw::require_verified(program);
  const auto input = random_input(program, 3);
  const auto result = simulate(program, arch, input);
  CHECK(result.output == functional_output(program, input));
  check_conservation(result, program, arch);
}

TEST_CASE("latency and bandwidth change the cycles monotonically and never the bytes") {
  auto arch = default_machine();
  const auto program = tile_loop_program({}, arch);
  const auto input = random_input(program, 4);
  const auto expected = functional_output(program, input);
  Cycles slower_bandwidth = INT64_MAX;
  for (const double bytes_per_cycle : {1.0, 16.0, 64.0}) {
    Cycles lower_latency = 0;
    for (const Cycles latency : {0, 100, 1000}) {
      arch.dram.bytes_per_cycle = bytes_per_cycle;
      arch.dram.latency_cycles = latency;
      const auto result = simulate(program, arch, input);
      INFO("bytes per cycle " << bytes_per_cycle << ", latency " << latency << ", cycles " << result.cycles);
      CHECK(result.output == expected);
      check_conservation(result, program, arch);
      CHECK(result.cycles > lower_latency);
      if (latency == 0) {
        CHECK(result.cycles < slower_bandwidth);
        slower_bandwidth = result.cycles;
      }
      lower_latency = result.cycles;
    }
  }
}

TEST_CASE("a compute-bound double-buffered loop takes the closed form's cycles") {
  auto arch = default_machine();
  arch.dram.bytes_per_cycle = 64;
  arch.command_processor.fetch_instructions = 64;  // the whole program in one fetch
  const TileLoop loop;
  const auto program = tile_loop_program(loop, arch);
  const auto result = simulate(program, arch, random_input(program, 5));
  const auto& dram = arch.dram;
  const Cycles conv = hw::conv_cycles(hw::conv_work(program.instructions[conv_pc(0)].conv()), arch).total();
  const Cycles store = hw::transfer_cycles(program.instructions[store_pc(0)].transfer(), dram);
  // Fetch, dispatch of the two loads, both latencies at the same time, then the bytes of both over the bus.
  const Cycles fetch = dram.latency_cycles + std::ssize(program.instructions) * 64 / 64;
  const Cycles loads = hw::bus_bytes(program.instructions[0].transfer(), dram) +
                       hw::bus_bytes(program.instructions[load_pc(0)].transfer(), dram);
  const Cycles first_loads = dram.latency_cycles + ceil_div(loads, 64);
  const Cycles expected = fetch + 2 + first_loads + loop.tiles * conv + store;
  const double deviation =
      100.0 * static_cast<double>(result.cycles - expected) / static_cast<double>(expected);
  fmt::print("compute bound: {} cycles, closed form {}, deviation {:.3f} %\n", result.cycles, expected,
             deviation);
  CHECK(std::abs(result.cycles - expected) <= 2);
  CHECK(result.units[static_cast<std::size_t>(hw::Unit::kConv)].busy == loop.tiles * conv);
}

TEST_CASE("a bandwidth-bound loop keeps the bus busy: its bytes over the bandwidth, plus the exposed ends") {
  auto arch = default_machine();
  arch.dram.bytes_per_cycle = 2;
  const TileLoop loop;
  const auto program = tile_loop_program(loop, arch);
  const auto result = simulate(program, arch, random_input(program, 6));
  const auto traffic = result.dram_read_bytes + result.dram_write_bytes;
  // Exposed: the latency of the first fetch, of the first load and of the last store.
  const Cycles expected = traffic / 2 + 3 * arch.dram.latency_cycles;
  const double deviation =
      100.0 * static_cast<double>(result.cycles - expected) / static_cast<double>(expected);
  fmt::print("bandwidth bound: {} cycles, closed form {}, deviation {:.3f} %\n", result.cycles, expected,
             deviation);
  CHECK(std::abs(deviation) < 0.3);
  CHECK(result.dram_bus.busy == traffic / 2);
}

TEST_CASE("random stalls at every instruction start change the cycles and not the bytes") {
  const auto arch = default_machine();
  const auto program = tile_loop_program({}, arch);
  const auto input = random_input(program, 7);
  const auto plain = simulate(program, arch, input);
  for (const std::uint64_t seed : {1, 2, 3, 4, 5}) {
    const auto stalled = simulate(program, arch, input, seed);
    INFO("seed " << seed);
    CHECK(stalled.output == plain.output);
    CHECK(stalled.cycles > plain.cycles);
    CHECK(stalled.counts.count == plain.counts.count);
    check_conservation(stalled, program, arch);
  }
}

TEST_CASE("a missing token is reported as a hazard that names both instructions") {
  const auto arch = default_machine();
  auto program = tile_loop_program({}, arch);
  // The convolution of tile 0 no longer waits for its input.
  program.instructions[conv_pc(0)].tokens.wait[static_cast<std::size_t>(hw::Unit::kLoadActivations)] = 0;
  program.instructions[conv_pc(0)].tokens.wait[static_cast<std::size_t>(hw::Unit::kLoadWeights)] = 0;
  try {
    simulate(program, arch, random_input(program, 8));
    FAIL("no hazard was reported");
  } catch (const SimulationError& error) {
    const std::string message = error.what();
    UNSCOPED_INFO(message);
    CHECK(error.module() == "npu.scoreboard");
    CHECK(message.find(
              "hazard: instruction 2 starts to read a write of weight SRAM in flight in instruction 0") !=
          std::string::npos);
    CHECK(message.find("LOADW") != std::string::npos);
    CHECK(message.find("CONV") != std::string::npos);
  }
}

TEST_CASE("a wait that nobody signals is reported as a deadlock that says what each unit waits for") {
  const auto arch = default_machine();
  auto program = tile_loop_program({}, arch);
  program.instructions[load_pc(3)].tokens.signal[static_cast<std::size_t>(hw::Unit::kConv)] = false;
  try {
    simulate(program, arch, random_input(program, 9));
    FAIL("no deadlock was reported");
  } catch (const SimulationError& error) {
    const std::string message = error.what();
    CHECK(message.find("deadlock") != std::string::npos);
    CHECK(message.find("conv: instruction 47 waits for 1 token(s) of load_activations (has 0)") !=
          std::string::npos);
    CHECK(message.find("store: instruction 48 waits for 1 token(s) of conv (has 0)") != std::string::npos);
    CHECK(message.find("HALT waits for the units") != std::string::npos);
  }
}

TEST_CASE("a semaphore that is signalled beyond its width is an error of the program") {
  const auto arch = default_machine();
  auto program = tile_loop_program({1, 1, 1, 16, 16}, arch);
  hw::Instruction sync;
  sync.opcode = hw::Opcode::kSync;
  sync.body = hw::Sync{static_cast<std::int64_t>(hw::Unit::kVector)};
  sync.tokens.signal[static_cast<std::size_t>(hw::Unit::kStore)] = true;
  program.instructions.insert(program.instructions.begin(), 400, sync);
  const std::int64_t grown = 400 * 64;
  program.dram.constant_base += grown;
  program.dram.activation_base += grown;
  program.dram.end += grown;
  for (auto& tensor : program.tensors) tensor.dram_address += grown;
  program.layers.clear();
  REQUIRE_THROWS_AS(simulate(program, arch, random_input(program, 9)), SimulationError);
  try {
    simulate(program, arch, random_input(program, 9));
  } catch (const SimulationError& error) {
    CHECK(error.module() == "npu.token_file");
    CHECK(std::string(error.what()).find("255") != std::string::npos);
  }
}

TEST_CASE("a program without HALT runs past its end and says so") {
  const auto arch = default_machine();
  auto program = tile_loop_program({}, arch);
  program.instructions.pop_back();
  REQUIRE_THROWS_WITH(simulate(program, arch, random_input(program, 1)), Catch::Contains("expected a HALT"));
}

TEST_CASE("a program for another machine is refused before anything is spawned") {
  auto arch = default_machine();
  const auto program = tile_loop_program({}, arch);
  arch.pe_array.rows = 8;
  auto options = worker_options();
  options.executable = "/nonexistent";
  REQUIRE_THROWS_AS(sim::run_systemc(program, arch, random_input(program, 1), options), ProgramError);
}

TEST_CASE("an executable that cannot be started, and one that ends without a result, are reported") {
  const auto arch = default_machine();
  const auto program = tile_loop_program({}, arch);
  const auto input = random_input(program, 1);
  sim::SystemcOptions options;
  options.executable = "/nonexistent/npusim";
  REQUIRE_THROWS_AS(sim::run_systemc(program, arch, input, options), InputError);
  options.executable = "/bin/true";
  REQUIRE_THROWS_WITH(sim::run_systemc(program, arch, input, options), Catch::Contains("left no result"));
}

TEST_CASE("a worker that dies of a signal is reported with the signal and what it printed") {
  const TemporaryFolder folder;
  const auto script = folder.path() / "dies.sh";
  write_file(script, std::string("#!/bin/sh\necho about to die >&2\nkill -SEGV $$\n"));
  std::filesystem::permissions(script, std::filesystem::perms::owner_all);
  const auto arch = default_machine();
  const auto program = tile_loop_program({}, arch);
  sim::SystemcOptions options;
  options.executable = script;
  REQUIRE_THROWS_WITH(sim::run_systemc(program, arch, random_input(program, 1), options),
                      Catch::Contains("signal 11") && Catch::Contains("about to die"));
}

TEST_CASE("the high-water mark of the global buffer is its double buffers, of the weight SRAM its one load") {
  const auto arch = default_machine();
  const TileLoop loop;
  const auto program = tile_loop_program(loop, arch);
  const auto result = simulate(program, arch, random_input(program, 2));
  // Compute-bound: two input tiles are always present, and an output tile is written while the other one
  // leaves.
  CHECK(result.high_water_bytes.at("global_buffer") >= 2 * loop.in_tile_bytes() + loop.out_tile_bytes());
  CHECK(result.high_water_bytes.at("global_buffer") <= 2 * (loop.in_tile_bytes() + loop.out_tile_bytes()));
  CHECK(result.high_water_bytes.at("weight_sram") == round_up(std::ssize(program.constants), 16));
}

TEST_CASE("dram_out holds the output feature map where the program puts it") {
  const auto arch = default_machine();
  const auto program = tile_loop_program({}, arch);
  const TemporaryFolder folder;
  auto options = worker_options();
  options.dram_out = folder.path() / "dram.bin";
  const auto result = sim::run_systemc(program, arch, random_input(program, 2), options);
  const auto dram = read_file(options.dram_out);
  const auto& tensor = program.tensor("output");
  REQUIRE(std::ssize(dram) == program.dram.end);
  CHECK(std::memcmp(dram.data() + tensor.dram_address, result.output.data(), result.output.size()) == 0);
}
