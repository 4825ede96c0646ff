// The recurrence on programs small enough to follow by hand. Agreement with SystemC on networks is tested in
// tests/end_to_end/test_estimate.cpp.
#include "hw/common/error.h"
#include "hw/isa/fields.h"
#include "hw/timing/conv_timing.h"
#include "hw/timing/transfer_timing.h"
#include "sim/engines/estimate/estimate_engine.h"
#include "tests/sim/engines/systemc/tiny_program.h"
#include "tests/support.h"

namespace npu {
namespace {

using namespace npu::tests;

std::size_t index_of(hw::Unit unit) { return static_cast<std::size_t>(unit); }

}  // namespace

TEST_CASE("One tile takes fetch, the longer load, the convolution and the store one after the other") {
  const auto arch = default_machine();
  const auto program = tile_loop_program({1, 1, 4, 16, 16}, arch);
  const auto result = sim::run_estimate(program, arch);
  // Descriptors: fetch of all instructions, then weights and inputs side by side, then the store.
  Cycles conv = 0;
  Cycles weights = 0;
  Cycles store = 0;
  for (const auto& instruction : program.instructions) {
    if (instruction.opcode == hw::Opcode::kConv)
      conv = hw::conv_cycles(hw::conv_work(instruction.conv()), arch).total();
    if (instruction.opcode == hw::Opcode::kLoadWeights)
      weights = hw::transfer_cycles(instruction.transfer(), arch.dram);
    if (instruction.opcode == hw::Opcode::kStore)
      store = hw::transfer_cycles(instruction.transfer(), arch.dram);
  }
  const auto fetch_bytes = std::ssize(program.instructions) * hw::kInstructionBytes;
  const Cycles fetch = arch.dram.latency_cycles + ceil_div(fetch_bytes, Bytes{16});
  const Cycles dispatch = arch.command_processor.dispatch_cycles;
  CHECK(result.cycles >= fetch + dispatch + weights + conv + store);
  // The input's 64 bytes may be in the way of the weights'.
  CHECK(result.cycles <= fetch + 2 * dispatch + weights + 4 + conv + store);
  CHECK(result.units[index_of(hw::Unit::kConv)].busy == conv);
  CHECK(result.instruction_fetch_bytes == fetch_bytes);
}

TEST_CASE("The short form of an estimate has the totals and the layers of the long one") {
  const auto arch = default_machine();
  const auto program = tile_loop_program({7, 3, 8, 32, 24}, arch);
  const auto full = sim::run_estimate(program, arch);
  const auto brief = sim::estimate(program, arch);
  CHECK(brief.cycles == full.cycles);
  CHECK(brief.counts.count == full.counts.count);
  REQUIRE(brief.layers.size() == full.layers.size());
  for (std::size_t layer = 0; layer < brief.layers.size(); ++layer) {
    CHECK(brief.layers[layer].cycles == full.layers[layer].cycles);
    CHECK(brief.layers[layer].counts.count == full.layers[layer].counts.count);
  }
}

TEST_CASE("A program that waits for a token nobody sends is an error that says where it stopped") {
  const auto arch = default_machine();
  auto program = tile_loop_program({2, 1, 4, 16, 16}, arch);
  for (auto& instruction : program.instructions) {
    if (instruction.opcode == hw::Opcode::kLoadWeights) instruction.tokens.signal = {};
  }
  REQUIRE_THROWS_AS(sim::run_estimate(program, arch), SimulationError);
}

TEST_CASE("A program for another machine is refused") {
  auto arch = default_machine();
  const auto program = tile_loop_program({1, 1, 4, 16, 16}, arch);
  arch.pe_array.rows = 8;
  REQUIRE_THROWS_AS(sim::run_estimate(program, arch), ProgramError);
}

}  // namespace npu
