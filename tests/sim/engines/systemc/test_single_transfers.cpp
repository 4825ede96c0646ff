// Programs of one STORE: what reaches DRAM, how long it takes alone, and addresses that no memory has.
#include <algorithm>

#include "hw/common/error.h"
#include "hw/timing/transfer_timing.h"
#include "sim/engines/systemc/systemc_engine.h"
#include "tests/sim/engines/systemc/tiny_program.h"
#include "tests/support.h"

namespace {

using namespace npu;
using namespace npu::tests;

/// Stores the global buffer's first bytes, which nothing has written, to the output feature map; then HALT.
hw::Program store_only(const hw::ArchConfig& arch) {
  const TileLoop loop{1, 4, 16, 16, 16};
  hw::Program program = tile_loop_program(loop, arch);
  hw::Instruction store = program.instructions[store_pc(0)];
  store.tokens = {};
  program.instructions = {store, hw::Instruction{}};
  program.layers.clear();
  return program;
}

sim::RunResult simulate(const hw::Program& program, const hw::ArchConfig& arch) {
  sim::SystemcOptions options;
  options.executable = NPUSIM_TEST_WORKER;
  return sim::run_systemc(program, arch, random_input(program, 1), options);
}

Cycles store_busy(const sim::RunResult& result) {
  return result.units[static_cast<std::size_t>(hw::Unit::kStore)].busy;
}

}  // namespace

TEST_CASE("an SRAM that nothing has written holds the poison pattern") {
  const auto arch = default_machine();
  const auto result = simulate(store_only(arch), arch);
  REQUIRE(result.output.size() == 4 * 16 * 16);
  CHECK(std::all_of(result.output.begin(), result.output.end(),
                    [](std::uint8_t byte) { return byte == 0xA5; }));
}

TEST_CASE("a transfer alone on the bus takes exactly transfer_cycles, at whole and broken bandwidths") {
  auto arch = default_machine();
  auto program = store_only(arch);
  // The same feature map in runs of 48 bytes: more bus bytes than data, in bursts that cut runs.
  auto& store = std::get<hw::Transfer>(program.instructions[0].body);
  store.run_bytes = 40;
  store.dram_stride1 = store.sram_stride1 = 48;
  store.count1 = 20;
  for (const double bytes_per_cycle : {0.7, 3.0, 3.7, 16.0, 100.0}) {
    for (const Cycles latency : {0, 37}) {
      arch.dram.bytes_per_cycle = bytes_per_cycle;
      arch.dram.latency_cycles = latency;
      INFO("bytes per cycle " << bytes_per_cycle << ", latency " << latency);
      CHECK(store_busy(simulate(program, arch)) == hw::transfer_cycles(store, arch.dram));
    }
  }
}

TEST_CASE("the size of the bursts does not change a transfer that is alone") {
  auto arch = default_machine();
  const auto program = store_only(arch);
  const auto& store = program.instructions[0].transfer();
  for (const Bytes request : {16, 100, 256, 4096}) {
    arch.dma.request_bytes = request;
    CHECK(store_busy(simulate(program, arch)) == hw::transfer_cycles(store, arch.dram));
  }
}

TEST_CASE("addresses outside DRAM or the global buffer are errors that name the instruction") {
  const auto arch = default_machine();
  auto program = store_only(arch);
  auto& store = std::get<hw::Transfer>(program.instructions[0].body);
  const auto good = store;
  store.dram_address = program.dram.end - 16;
  REQUIRE_THROWS_WITH(simulate(program, arch),
                      Catch::Contains("npu.store: instruction 0 accesses npu.store.dram"));
  store = good;
  store.sram_address = arch.global_buffer.capacity_bytes - 16;
  REQUIRE_THROWS_WITH(simulate(program, arch),
                      Catch::Contains("npu.store: instruction 0 accesses npu.store.sram"));
}
