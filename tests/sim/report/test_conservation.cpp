// Which results does the report refuse?
#include <functional>

#include "hw/common/error.h"
#include "sim/report/conservation.h"
#include "tests/sim/report/sample_report.h"
#include "tests/support.h"

namespace npu::sim {
namespace {

// The message of the refusal after `spoil` changed one figure; empty if the report was accepted.
std::string refusal(const std::function<void(RunReport&)>& spoil) {
  auto report = tests::sample_report();
  spoil(report);
  try {
    check_conservation(report, summarize(report));
  } catch (const SimulationError& error) {
    return error.what();
  }
  return "";
}

TEST_CASE("a consistent result passes every conservation law") {
  REQUIRE(refusal([](RunReport&) {}).empty());
}

TEST_CASE("an untimed report has nothing to conserve") {
  REQUIRE(refusal([](RunReport& report) { report.timed.reset(); }).empty());
}

TEST_CASE("more MACs than PEs times cycles are refused") {
  const auto message = refusal([](RunReport& report) {
    auto& conv = std::get<hw::Conv>(report.program.instructions[2].body);
    conv.in_channels = 4 * 1000 * 256 / 4096 + 4;  // beyond 1000 cycles x 256 PEs
  });
  REQUIRE_THAT(message, Catch::Contains("cycles >= MACs / PEs"));
}

TEST_CASE("zero weights that the machine skips do not count as work") {
  const auto os_with_zeros = [](RunReport& report) {
    auto& conv = std::get<hw::Conv>(report.program.instructions[2].body);
    conv.in_channels = 300;  // 307,200 MACs: too many for 256,000 PE cycles unless 40 % are skipped
    conv.dataflow = static_cast<std::int64_t>(hw::Dataflow::kOutputStationary);
    report.arch.pe_array.zero_skipping = hw::ZeroSkipping::kAssumedFraction;
    report.arch.pe_array.assumed_zero_fraction = 0.4;
  };
  REQUIRE(refusal(os_with_zeros).empty());
}

TEST_CASE("more DRAM bytes than the bandwidth allows are refused") {
  const auto message = refusal([](RunReport& report) { report.arch.dram.bytes_per_cycle = 0.5; });
  REQUIRE_THAT(message, Catch::Contains("cycles >= DRAM bytes / bandwidth"));
}

TEST_CASE("reads that leave out weights or input are refused") {
  const auto message = refusal([](RunReport& report) { report.program.footprint.weight_bytes = 1000; });
  REQUIRE_THAT(message, Catch::Contains("DRAM reads >= weights + input"));
}

TEST_CASE("a unit whose busy, stalled and idle cycles miss the total is refused by name") {
  const auto idle = refusal([](RunReport& report) { ++report.timed->result.units[3].idle; });
  REQUIRE_THAT(idle, Catch::Contains("busy + stalled + idle = total") && Catch::Contains("unit conv"));
  const auto bus = refusal([](RunReport& report) { --report.timed->result.dram_bus.busy; });
  REQUIRE_THAT(bus, Catch::Contains("unit dram_bus"));
  const auto negative = refusal([](RunReport& report) {
    report.timed->result.units[0].busy -= 200;
    report.timed->result.units[0].idle += 200;
  });
  REQUIRE_THAT(negative, Catch::Contains("busy + stalled + idle = total"));
}

TEST_CASE("counts and traffic of the layers must add up to the total") {
  const auto counts = refusal([](RunReport& report) { ++report.timed->result.counts[hw::Component::kMac]; });
  REQUIRE_THAT(counts, Catch::Contains("accesses of layers and fetch = total") && Catch::Contains("mac"));
  const auto traffic = refusal([](RunReport& report) { ++report.timed->result.layers[1].dram_write_bytes; });
  REQUIRE_THAT(traffic, Catch::Contains("DRAM bytes of layers"));
  const auto cycles = refusal([](RunReport& report) { ++report.timed->result.layers[1].cycles; });
  REQUIRE_THAT(cycles, Catch::Contains("sum of layer cycles"));
}

TEST_CASE("an energy that is not the sum of counts times unit energies is refused") {
  const auto report = tests::sample_report();
  auto summary = summarize(report);
  summary.timed->energy.total *= 1.0 + 1e-9;
  REQUIRE_THROWS_WITH(check_conservation(report, summary),
                      Catch::Contains("energy = sum of counts x unit energies"));
}

TEST_CASE("a run with another number of layers than the program is refused") {
  auto report = tests::sample_report();
  report.timed->result.layers.pop_back();
  REQUIRE_THROWS_AS(summarize(report), SimulationError);
}

TEST_CASE("input bytes count once each, and no more after the input is overwritten") {
  auto program = tests::sample_report().program;
  REQUIRE(input_bytes_loaded(program) == 256);
  auto& load = std::get<hw::Transfer>(program.instructions[1].body);
  load.run_bytes = 32;  // every second row of 32 bytes
  load.dram_stride1 = 64;
  load.sram_stride1 = 32;
  load.count1 = 4;
  REQUIRE(input_bytes_loaded(program) == 128);
  program.instructions.insert(program.instructions.begin() + 2,
                              program.instructions[1]);  // the same rows again
  REQUIRE(input_bytes_loaded(program) == 128);
  std::get<hw::Transfer>(program.instructions[5].body).dram_address = 2048;  // a store over the input ...
  auto later = program.instructions[1];
  std::get<hw::Transfer>(later.body).dram_address = 2048 + 32;  // ... and a load of what is there then
  program.instructions.insert(program.instructions.begin() + 6, later);
  REQUIRE(input_bytes_loaded(program) == 128);
}

}  // namespace
}  // namespace npu::sim
