// Does the test bench that docs/golden_outputs.md shows run with the DPI library, agree with the vectors, and
// fail where the lane has a fault?
#include <fmt/core.h>

#include "sim/golden/checker.h"
#include "sim/golden/unit_vectors.h"
#include "tests/rtl/skip.h"
#include "tests/sim/cli/tool.h"
#include "tests/support.h"

#ifndef NPUSIM_RTL_EXAMPLE
#define NPUSIM_RTL_EXAMPLE ""
#endif

namespace npu {
namespace {

using namespace sim::golden;

struct ExampleRun {
  tests::ToolResult bench;
  CheckResult check;
};

ExampleRun run_example(hw::Rounding rule, int fault) {
  const tests::TemporaryFolder folder;
  UnitVectorOptions options;
  options.unit = "compounding";
  options.rounding = rule;
  if (rule == hw::Rounding::kGemmlowp) options.multiplier_bits = hw::kGemmlowpFirstShift;
  const auto vectors = folder.path() / "vectors";
  const auto dump = folder.path() / "dump";
  export_unit_vectors(options, vectors);
  std::filesystem::create_directories(dump / "expected");
  ExampleRun run;
  run.bench = tests::run_program({NPUSIM_RTL_EXAMPLE, "+vectors=" + vectors.string(),
                                  fmt::format("+count={}", options.count), "+dump=" + dump.string(),
                                  fmt::format("+rounding={}", static_cast<int>(rule)),
                                  fmt::format("+fault={}", fault)});
  run.check = check_dump(vectors / kManifestFile, dump, {});
  return run;
}

}  // namespace

TEST_CASE("The example test bench agrees with the DPI library and the vectors under every rounding rule") {
  SKIP_WITHOUT_VERILATOR();
  for (const auto& [name, rule] : hw::kRoundings) {
    const auto run = run_example(rule, 0);
    INFO(name << run.bench.output << run.bench.errors);
    CHECK(run.bench.exit_code == 0);
    CHECK(run.bench.output.find("1000 vectors, 0 errors") != std::string::npos);
    CHECK(run.check.count(StreamStatus::kMatch) == 2);  // result, saturated
  }
}

TEST_CASE("A fault in the lane of the example test bench fails both its DPI comparison and the check") {
  SKIP_WITHOUT_VERILATOR();
  for (const int fault : {1, 3, 5, 6, 7, 8, 9, 10, 11}) {
    const auto run = run_example(hw::Rounding::kHalfUp, fault);
    INFO("fault " << fault << run.bench.output << run.bench.errors);
    CHECK(run.bench.exit_code != 0);
    CHECK(run.bench.output.find(", 0 errors") == std::string::npos);
    CHECK(run.check.count(StreamStatus::kMismatch) > 0);
    CHECK(run.check.first);
  }
}

}  // namespace npu
