// Does a timeline show the program's instructions where they ran, and why units waited?
#include <functional>
#include <map>
#include <nlohmann/json.hpp>

#include "hw/common/error.h"
#include "sim/report/timeline.h"
#include "tests/sim/report/trace_faults.h"
#include "tests/support.h"

namespace npu::tests {
namespace {

hw::Instruction load(std::int64_t bytes) {
  hw::Transfer transfer;
  transfer.run_bytes = bytes;
  hw::Instruction instruction{hw::Opcode::kLoadWeights, {}, transfer};
  instruction.tokens.signal[static_cast<std::size_t>(hw::Unit::kStore)] = true;
  return instruction;
}

hw::Instruction store_after_load(std::int64_t bytes) {
  hw::Transfer transfer;
  transfer.run_bytes = bytes;
  hw::Instruction instruction{hw::Opcode::kStore, {}, transfer};
  instruction.tokens.wait[static_cast<std::size_t>(hw::Unit::kLoadWeights)] = 1;
  return instruction;
}

// Two loads, each followed by a store that waits for it: load 0-100, 100-300; store 110-150, 300-350.
struct Sample {
  hw::ArchConfig arch;
  hw::Program program;
  sim::RunResult result;

  Sample() {
    arch.name = "sample";
    arch.clock_hz = 1e9;
    arch.dram.access_bytes = 64;
    program.network = "two_loads";
    program.format.weight_sram_bytes = 4096;
    program.format.global_buffer_bytes = 4096;
    program.format.accumulator_entries = 16;
    program.instructions = {load(640), store_after_load(64), load(1280), store_after_load(128), {}};
    program.layers.resize(1);
    program.layers[0].name = "only";
    program.layers[0].last_pc = 4;
    result.cycles = 350;
    result.layers.resize(1);
    result.layers[0].cycles = 350;
    result.instruction_times = {{0, 100}, {110, 150}, {100, 300}, {300, 350}, {-1, -1}};
  }
};

TEST_CASE("a wait names the token that came last, or the dispatch") {
  const Sample sample;
  const auto waits = sim::unit_waits(sample.program, sample.result);
  REQUIRE(waits.size() == 2);
  CHECK(waits[0].unit == hw::Unit::kStore);
  CHECK(waits[0].begin == 0);
  CHECK(waits[0].end == 110);
  CHECK(waits[0].cause == "load_weights");
  CHECK(waits[0].producer_pc == 0);
  CHECK(waits[1].begin == 150);
  CHECK(waits[1].end == 300);
  CHECK(waits[1].producer_pc == 2);
}

TEST_CASE("a wait without a late token is the dispatch's") {
  Sample sample;
  sample.result.instruction_times[2] = {105, 300};
  const auto waits = sim::unit_waits(sample.program, sample.result);
  REQUIRE(waits.size() == 3);
  CHECK(waits[1].unit == hw::Unit::kLoadWeights);
  CHECK(waits[1].cause == "dispatch");
  CHECK(waits[1].producer_pc == -1);
}

TEST_CASE("the bandwidth curve carries every byte of the transfers") {
  const Sample sample;
  const auto curve = sim::bandwidth_curve(sample.program, sample.arch, sample.result);
  CHECK(curve.slot_cycles == 1);
  double read = 0;
  double written = 0;
  for (const double rate : curve.read) read += rate;
  for (const double rate : curve.write) written += rate;
  CHECK(read == Approx(640 + 1280));
  CHECK(written == Approx(64 + 128));
  CHECK(curve.read[50] == Approx(6.4));
  CHECK(curve.read[299] == Approx(6.4));
  CHECK(curve.write[200] == 0);
}

TEST_CASE("long runs are averaged over slots, and no byte is lost") {
  Sample sample;
  for (auto& [start, end] : sample.result.instruction_times) {
    if (start < 0) continue;
    start *= 12'345;
    end *= 12'345;
  }
  sample.result.cycles *= 12'345;
  const auto curve = sim::bandwidth_curve(sample.program, sample.arch, sample.result);
  CHECK(curve.read.size() <= static_cast<std::size_t>(sim::kBandwidthSlots));
  double read = 0;
  for (const double rate : curve.read) read += rate * static_cast<double>(curve.slot_cycles);
  CHECK(read == Approx(640 + 1280));
}

TEST_CASE("a timeline has one track for each unit and one slice for each instruction") {
  const Sample sample;
  const auto json = sim::timeline_json(sample.program, sample.arch, sample.result);
  std::map<std::string, int> tracks;
  std::map<int, int> instructions;
  int layers = 0;
  for (const auto& event : json.at("traceEvents")) {
    const std::string phase = event.at("ph");
    if (phase == "M" && event.at("name") == "thread_name")
      tracks[event.at("args").at("name")] = event.at("tid");
    if (phase != "X") continue;
    CHECK(event.at("dur").get<double>() > 0);
    if (event.at("cat") == "instruction") ++instructions[event.at("tid").get<int>()];
    if (event.at("cat") == "layer") ++layers;
  }
  CHECK(tracks.size() == hw::kUnits + 1);
  CHECK(instructions[tracks.at("load_weights")] == 2);
  CHECK(instructions[tracks.at("store")] == 2);
  CHECK(layers == 1);
  CHECK(json.at("otherData").at("cycles") == 350);
}

TEST_CASE("a timeline is in order for trace viewers, and what is not would be found") {
  const Sample sample;
  // Through text: what a viewer gets.
  const auto good =
      nlohmann::json::parse(sim::timeline_json(sample.program, sample.arch, sample.result).dump());
  CHECK(trace_faults(good) == std::vector<std::string>{});
  const auto spoiled = [&](const std::string& phase, const std::function<void(nlohmann::json&)>& change) {
    auto trace = good;
    for (auto& event : trace.at("traceEvents")) {
      if (event.at("ph") != phase || (phase == "X" && event.at("cat") != "instruction")) continue;
      change(event);
      break;
    }
    return trace_faults(trace).size();
  };
  CHECK(spoiled("X", [](auto& event) { event["dur"] = event["dur"].template get<double>() + 0.01; }) == 1);
  CHECK(spoiled("X", [](auto& event) { event["tid"] = 77; }) == 1);
  CHECK(spoiled("X", [](auto& event) { event["tid"] = "store"; }) == 1);
  CHECK(spoiled("X", [](auto& event) { event.erase("dur"); }) == 1);
  CHECK(spoiled("X", [](auto& event) { event["ts"] = "0"; }) == 1);
  CHECK(spoiled("C", [](auto& event) { event["ts"] = 1e6; }) == 1);
  CHECK(spoiled("C", [](auto& event) { event["args"] = {{"bytes", "many"}}; }) == 1);
  CHECK(spoiled("M", [](auto& event) { event["args"]["name"] = ""; }) >= 1);
}

TEST_CASE("a timeline without the times of the instructions is a defect of ours") {
  Sample sample;
  sample.result.instruction_times.clear();
  CHECK_THROWS_AS(sim::timeline_json(sample.program, sample.arch, sample.result), InternalError);
}

}  // namespace
}  // namespace npu::tests
