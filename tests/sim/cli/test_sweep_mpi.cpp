// Does a sweep under mpirun find what a sweep without it finds, and survive what kills its workers and ranks?
#include <unistd.h>

#include <algorithm>

#include "hw/common/file.h"
#include "sim/explore/mpi_pool.h"
#include "tests/sim/cli/store_dump.h"
#include "tests/sim/cli/tool.h"
#include "tests/support.h"

namespace npu::tests {
namespace {

using Catch::Contains;
namespace fs = std::filesystem;

constexpr const char* kMpirun = "/usr/bin/mpirun";

bool can_run() {
  if (sim::has_mpi() && fs::exists(kMpirun)) return true;
  std::puts("SKIPPED: MPI is absent");
  return false;
}

ToolResult run_ranks(const std::string& ranks, const std::vector<std::string>& words) {
  std::vector<std::string> command{kMpirun, "--allow-run-as-root", "--oversubscribe", "-n", ranks};
  command.insert(command.end(), words.begin(), words.end());
  return run_program(command);
}

const char* const kSweep = R"({
  "schema_version": 1, "name": "ranks", "architectures": ["shift_npu"], "networks": ["sqnxt_23v5_1.0_cifar"],
  "axes": [
    {"name": "pe", "values": [8, 16], "set": ["/pe_array/rows", "/pe_array/columns"]},
    {"pointer": "/dram/bytes_per_cycle", "range": {"from": 1, "to": 20, "step": 1}}
  ],
  "objectives": ["cycles", "energy"]
})";

TEST_CASE("a sweep under mpirun leaves the store of a sweep without it, for 1, 2 and 4 ranks") {
  if (!can_run()) return;
  const TemporaryFolder folder;
  const auto file = (folder.path() / "sweep.json").string();
  write_file(file, std::string_view(kSweep));
  const auto alone = (folder.path() / "alone").string();
  REQUIRE(run_tool({"sweep", file, "--out", alone, "--no-confirm", "--quiet"}).exit_code == 0);
  const std::string expected = dump_store(alone + "/results.sqlite");
  CHECK(std::count(expected.begin(), expected.end(), '\n') == 40 + 1 + 40);
  for (const std::string ranks : {"1", "2", "4"}) {
    INFO(ranks << " ranks");
    const auto out = (folder.path() / ranks).string();
    const auto result = run_ranks(ranks, {NPUSIM_BINARY, "sweep", file, "--out", out, "--no-confirm"});
    INFO(result.output << result.errors);
    REQUIRE(result.exit_code == 0);
    CHECK_THAT(result.output, Contains("40 of 40 points"));
    CHECK(dump_store(out + "/results.sqlite") == expected);
    CHECK(read_text_file(out + "/points.csv") == read_text_file(alone + "/points.csv"));
  }
}

TEST_CASE("a task that kills its worker under mpirun is tried again, and reported if it always does") {
  if (!can_run()) return;
  const TemporaryFolder folder;
  for (const std::string ranks : {"1", "3"}) {
    const auto mark = (folder.path() / ("mark" + ranks)).string();
    const auto result = run_ranks(ranks, {NPUSIM_MPI_JOB, NPUSIM_TEST_WORKER, mark});
    INFO(result.output << result.errors);
    REQUIRE(result.exit_code == 0);
    CHECK(std::count(result.output.begin(), result.output.end(), '\n') == 40);
    CHECK_THAT(result.output,
               Contains("11 failed") && Contains("signal 9") && Contains("23 529") && Contains("39 1521"));
  }
}

TEST_CASE("a fault of the sweep file under mpirun ends every rank with one message") {
  if (!can_run()) return;
  const TemporaryFolder folder;
  const auto file = (folder.path() / "sweep.json").string();
  write_file(file, std::string_view("{\"schema_version\": 1}"));
  const auto result = run_ranks("2", {NPUSIM_BINARY, "sweep", file, "--out", folder.path() / "out"});
  CHECK(result.exit_code == 2);
  CHECK_THAT(result.errors, Contains("sweep.json"));
}

}  // namespace
}  // namespace npu::tests
