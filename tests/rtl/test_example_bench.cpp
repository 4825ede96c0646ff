// Do the test benches that docs/golden_outputs.md shows run with the DPI library, agree with the vectors, and
// fail where the unit has a fault?
#include <fmt/core.h>

#include "sim/golden/checker.h"
#include "sim/golden/unit_vectors.h"
#include "tests/rtl/skip.h"
#include "tests/sim/cli/tool.h"
#include "tests/support.h"

#ifndef NPUSIM_RTL_EXAMPLES
#define NPUSIM_RTL_EXAMPLES ""
#endif

namespace npu {
namespace {

using namespace sim::golden;

struct ExampleRun {
  tests::ToolResult bench;
  CheckResult check;
};

ExampleRun run_example(const std::string& unit, hw::Rounding rule, int fault) {
  const tests::TemporaryFolder folder;
  UnitVectorOptions options;
  options.unit = unit;
  options.rounding = rule;
  if (rule == hw::Rounding::kGemmlowp) options.multiplier_bits = hw::kGemmlowpFirstShift;
  const auto vectors = folder.path() / "vectors";
  const auto dump = folder.path() / "dump";
  export_unit_vectors(options, vectors);
  std::filesystem::create_directories(dump / "expected");
  ExampleRun run;
  run.bench = tests::run_program(
      {fmt::format("{0}/{1}/tb_{1}", NPUSIM_RTL_EXAMPLES, unit), "+vectors=" + vectors.string(),
       fmt::format("+count={}", options.count), "+dump=" + dump.string(),
       fmt::format("+rounding={}", static_cast<int>(rule)), fmt::format("+fault={}", fault)});
  run.check = check_dump(vectors / kManifestFile, dump, {});
  return run;
}

}  // namespace

TEST_CASE("The example test bench of the PE agrees with the DPI library and the vectors") {
  SKIP_WITHOUT_VERILATOR();
  const auto run = run_example("pe", hw::Rounding::kHalfUp, 0);
  INFO(run.bench.output << run.bench.errors);
  CHECK(run.bench.exit_code == 0);
  CHECK(run.bench.output.find("1000 vectors, 0 errors") != std::string::npos);
  CHECK(run.check.count(StreamStatus::kMatch) == 1);
}

TEST_CASE(
    "The example test bench of the lane agrees with the DPI library and the vectors under every rounding "
    "rule") {
  SKIP_WITHOUT_VERILATOR();
  for (const auto& [name, rule] : hw::kRoundings) {
    const auto run = run_example("compounding", rule, 0);
    INFO(name << run.bench.output << run.bench.errors);
    CHECK(run.bench.exit_code == 0);
    CHECK(run.bench.output.find("1000 vectors, 0 errors") != std::string::npos);
    CHECK(run.check.count(StreamStatus::kMatch) == 2);  // result, saturated
  }
}

TEST_CASE("A fault in the unit of an example test bench fails both its DPI comparison and the check") {
  SKIP_WITHOUT_VERILATOR();
  const std::vector<std::pair<std::string, int>> faults{
      {"compounding", 1},  {"compounding", 3}, {"compounding", 5}, {"compounding", 6},
      {"compounding", 7},  {"compounding", 8}, {"compounding", 9}, {"compounding", 10},
      {"compounding", 11}, {"pe", 20},         {"pe", 21}};
  for (const auto& [unit, fault] : faults) {
    const auto run = run_example(unit, hw::Rounding::kHalfUp, fault);
    INFO(unit << ", fault " << fault << run.bench.output << run.bench.errors);
    CHECK(run.bench.exit_code != 0);
    CHECK(run.bench.output.find(", 0 errors") == std::string::npos);
    CHECK(run.check.count(StreamStatus::kMismatch) > 0);
    CHECK(run.check.first);
  }
}

}  // namespace npu
