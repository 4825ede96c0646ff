// From a trace written by hand to times, layers and high-water marks.
#include <nlohmann/json.hpp>

#include "hw/common/error.h"
#include "sim/engines/common/high_water.h"
#include "sim/engines/common/measurement.h"
#include "tests/sim/engines/systemc/tiny_program.h"
#include "tests/support.h"

namespace {

using namespace npu;
using namespace npu::tests;
using hw::Unit;

hw::InstructionRecord record(Cycles start, Cycles end) {
  hw::InstructionRecord result;
  result.start = start;
  result.end = end;
  return result;
}

Cycles& token_stall(hw::InstructionRecord& waiting, Unit producer) {
  return waiting.token_stall[static_cast<std::size_t>(producer)];
}

const sim::UnitTime& unit(const sim::RunResult& result, Unit which) {
  return result.units[static_cast<std::size_t>(which)];
}

struct TwoTiles {
  hw::ArchConfig arch = default_machine();
  TileLoop loop{2, 1, 4, 16, 16};  // input and output tiles of 64 bytes
  hw::Program program = tile_loop_program(loop, arch);
  hw::MachineTrace trace;

  TwoTiles() {
    trace.instructions.resize(program.instructions.size());
    auto& at = trace.instructions;
    at[0] = record(10, 30);  // LOADW
    at[0].dispatch_stall = 10;
    at[load_pc(0)] = record(11, 31);
    at[load_pc(0)].dispatch_stall = 11;
    at[conv_pc(0)] = record(31, 71);
    at[conv_pc(0)].dispatch_stall = 12;
    token_stall(at[conv_pc(0)], Unit::kLoadWeights) = 18;
    token_stall(at[conv_pc(0)], Unit::kLoadActivations) = 1;
    at[store_pc(0)] = record(71, 81);
    at[store_pc(0)].dispatch_stall = 13;
    token_stall(at[store_pc(0)], Unit::kConv) = 58;
    at[load_pc(1)] = record(31, 100);
    at[conv_pc(1)] = record(100, 140);
    token_stall(at[conv_pc(1)], Unit::kLoadActivations) = 29;
    at[conv_pc(1)].saturated = 7;
    at[store_pc(1)] = record(140, 150);
    token_stall(at[store_pc(1)], Unit::kConv) = 59;
    trace.cycles = 152;
    trace.dram_bus_busy = 40;
    trace.dram_read_bytes =
        256 + 72 + 8 + 128 + 512;  // weights and parameters, padded to an access; inputs; fetch
    trace.dram_write_bytes = 128;
    trace.instruction_fetch_bytes = 512;
    trace.compounded = 2 * 4 * 16;
    trace.compounding_busy = 8;
    // Two layers, one tile each.
    program.layers.push_back(program.layers[0]);
    program.layers[0].last_pc = load_pc(1);
    program.layers[1].first_pc = load_pc(1);
  }
};

}  // namespace

TEST_CASE("units: busy, stalls by cause and idle add up to the total") {
  const TwoTiles run;
  const auto result = sim::measure(run.program, run.arch, run.trace);
  CHECK(result.cycles == 152);
  const auto& conv = unit(result, Unit::kConv);
  CHECK(conv.busy == 80);
  CHECK(conv.idle == 12);
  CHECK(conv.stalls ==
        std::map<std::string, Cycles>{{"dispatch", 12}, {"load_weights", 18}, {"load_activations", 30}});
  CHECK(unit(result, Unit::kVector).idle == 152);
  CHECK(result.dram_bus.idle == 112);
  CHECK(result.compounding_unit.busy == 8);
  CHECK(result.dram_write_bytes == 128);
}

TEST_CASE(
    "layers: their cycles add up to the total, and stalls before the layer's time are left to earlier "
    "layers") {
  const TwoTiles run;
  const auto result = sim::measure(run.program, run.arch, run.trace);
  REQUIRE(result.layers.size() == 2);
  CHECK(result.layers[0].start == 10);
  CHECK(result.layers[0].end == 81);
  CHECK(result.layers[0].cycles == 81);
  CHECK(result.layers[0].stalls ==
        std::map<std::string, Cycles>{{"dispatch", 12}, {"load_weights", 18}, {"load_activations", 1}});
  CHECK(result.layers[1].start == 31);
  CHECK(result.layers[1].cycles == 71);  // 150 - 81, and two cycles until HALT
  // The convolution waited from 71 to 100; until 81 layer 0 was still storing.
  CHECK(result.layers[1].stalls == std::map<std::string, Cycles>{{"load_activations", 19}});
  CHECK(result.layers[1].compute_busy == 40);
  CHECK(result.layers[1].saturated == 7);
  CHECK(result.layers[1].dram_read_bytes == 64);
  CHECK(result.layers[1].dram_write_bytes == 64);
}

TEST_CASE("times or bytes that do not add up are our own fault and are caught") {
  TwoTiles lost_cycle;
  lost_cycle.trace.instructions[conv_pc(1)].start += 1;
  REQUIRE_THROWS_AS(sim::measure(lost_cycle.program, lost_cycle.arch, lost_cycle.trace), InternalError);
  TwoTiles lost_bytes;
  lost_bytes.trace.dram_read_bytes -= 16;
  REQUIRE_THROWS_AS(sim::measure(lost_bytes.program, lost_bytes.arch, lost_bytes.trace), InternalError);
  TwoTiles overfull_bus;
  overfull_bus.trace.dram_bus_busy = 153;
  REQUIRE_THROWS_AS(sim::measure(overfull_bus.program, overfull_bus.arch, overfull_bus.trace), InternalError);
}

TEST_CASE("high water: bytes are live from the write's start to the last read's end") {
  TwoTiles run;
  // In 0 [11, 71), in 1 [31, 140), out 0 [31, 81), out 1 [100, 150): at most in 0, in 1 and out 0 at once.
  auto marks = sim::high_water_bytes(run.program, run.trace);
  CHECK(marks.at("global_buffer") == 3 * 64);
  CHECK(marks.at("weight_sram") == 256 + 80);  // 16 x 16 weights, 16 biases and shifts in lines of 16
  CHECK(marks.at("accumulator_store") ==
        4 * 16 * 4);  // one tile's partial sums: 4 pixels x 16 channels x 4 bytes
  // If the first store dragged on until the second convolution started, a fourth tile would be live.
  run.trace.instructions[store_pc(0)].end = 101;
  run.trace.instructions[conv_pc(0)].end = 101;
  marks = sim::high_water_bytes(run.program, run.trace);
  CHECK(marks.at("global_buffer") == 4 * 64);
}

TEST_CASE("a result survives the way through JSON, and other JSON is refused") {
  const TwoTiles run;
  auto result = sim::measure(run.program, run.arch, run.trace);
  result.host_seconds = 0.125;
  const auto json = sim::to_json(result);
  const auto back = sim::run_result_from_json(nlohmann::json::parse(json.dump()));
  CHECK(sim::to_json(back) == json);
  CHECK(back.counts.count == result.counts.count);
  CHECK(back.layers[1].stalls == result.layers[1].stalls);
  CHECK(back.high_water_bytes == result.high_water_bytes);
  CHECK(back.host_seconds == 0.125);
  auto broken = json;
  broken["units"].erase("store");
  REQUIRE_THROWS_AS(sim::run_result_from_json(broken), InputError);
}
