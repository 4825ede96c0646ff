// Does a sweep under mpirun find what a sweep without it finds, and survive what kills its workers and ranks?
#include <signal.h>  // kill is POSIX
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "hw/common/error.h"
#include "hw/common/file.h"
#include "sim/explore/database.h"
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

pid_t start(std::vector<std::string> command) {
  std::vector<char*> arguments;
  for (std::string& word : command) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_t process = 0;
  REQUIRE(posix_spawn(&process, arguments[0], nullptr, nullptr, arguments.data(), environ) == 0);
  return process;
}

// The process that mpirun started as this rank for a sweep into `out`; its own worker process is another.
// Nothing if there is none.
std::optional<pid_t> process_of_rank(int rank, const std::string& out) {
  const std::string mark = "OMPI_COMM_WORLD_RANK=" + std::to_string(rank) + std::string(1, '\0');
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    try {
      const std::string words = read_text_file(entry.path() / "cmdline");
      if (words.find(out) == std::string::npos) continue;
      if (read_text_file(entry.path() / "environ").find(mark) != std::string::npos) return std::stoi(name);
    } catch (const Error&) {  // it ended, or is another user's
    }
  }
  return std::nullopt;
}

std::int64_t stored_results(const std::string& store) {
  try {
    sim::Database database(store, sim::Database::Access::kReadOnly);
    sim::Statement count(database, "SELECT count(*) FROM results");
    return count.step() ? count.integer(0) : 0;
  } catch (const Error&) {
    return 0;  // not there yet
  }
}

TEST_CASE("a rank that is killed ends the job, loses no finished point, and --resume completes the store") {
  if (!can_run()) return;
  const TemporaryFolder folder;
  const auto file = (folder.path() / "sweep.json").string();
  std::string sweep = kSweep;
  sweep.replace(sweep.find("\"to\": 20"), 8, "\"to\": 300");
  write_file(file, sweep);
  const auto alone = (folder.path() / "alone").string();
  REQUIRE(run_tool({"sweep", file, "--out", alone, "--no-confirm", "--quiet"}).exit_code == 0);

  const auto out = (folder.path() / "killed").string();
  const auto store = out + "/results.sqlite";
  const pid_t job = start({kMpirun, "--allow-run-as-root", "--oversubscribe", "-n", "3", NPUSIM_BINARY,
                           "sweep", file, "--out", out, "--no-confirm", "--quiet"});
  int status = 0;
  bool ended = false;
  while (stored_results(store) == 0 && !ended) {
    ended = waitpid(job, &status, WNOHANG) != 0;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  REQUIRE_FALSE(ended);
  const auto rank = process_of_rank(2, out);
  const bool killed = rank && kill(*rank, SIGKILL) == 0;
  waitpid(job, &status, 0);
  if (killed) {
    CHECK((!WIFEXITED(status) || WEXITSTATUS(status) != 0));
  } else {
    std::puts("the job was faster than its killer");
  }
  const std::int64_t kept = stored_results(store);
  CHECK(kept > 0);
  const auto resumed =
      run_ranks("2", {NPUSIM_BINARY, "sweep", file, "--out", out, "--no-confirm", "--resume"});
  INFO(resumed.output << resumed.errors);
  REQUIRE(resumed.exit_code == 0);
  CHECK_THAT(resumed.output, Contains(std::to_string(kept) + " known"));
  CHECK(dump_store(store) == dump_store(alone + "/results.sqlite"));
}

TEST_CASE("an environment that does not say how many ranks there are is refused") {
  for (const std::string text : {"", "two", "0", "-3", "2 ", "99999999999999999999"}) {
    INFO(text);
    const TemporaryFolder folder;
    const auto result = run_program({"/usr/bin/env", "OMPI_COMM_WORLD_SIZE=" + text, NPUSIM_BINARY, "sweep",
                                     "sweep.json", "--out", folder.path() / "out"});
    CHECK(result.exit_code == 2);
    CHECK_THAT(result.errors, Contains("OMPI_COMM_WORLD_SIZE") && Contains("'" + text + "'"));
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
