// Does npusim sweep find the same, however it is distributed and interrupted, and refuse what it cannot do?
#include <signal.h>  // kill is POSIX
#include <spawn.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "hw/common/error.h"
#include "hw/common/file.h"
#include "sim/explore/database.h"
#include "tests/sim/cli/store_dump.h"
#include "tests/sim/cli/tool.h"
#include "tests/support.h"

namespace npu::tests {
namespace {

using Catch::Contains;
namespace fs = std::filesystem;

// 3 arrays x 2 bandwidths x 1 network.
const char* const kSweep = R"({
  "schema_version": 1, "name": "small", "architectures": ["shift_npu"], "networks": ["sqnxt_23v5_1.0_cifar"],
  "axes": [
    {"name": "pe", "values": [4, 8, 16], "set": ["/pe_array/rows", "/pe_array/columns"]},
    {"name": "bandwidth", "pointer": "/dram/bytes_per_cycle", "values": [4, 16]}
  ],
  "objectives": ["cycles", "energy"], "confirmation": {"front": true, "random_points": 1}
})";

fs::path sweep_file(const TemporaryFolder& folder, const std::string& text = kSweep) {
  const auto path = folder.path() / "sweep.json";
  write_file(path, text);
  return path;
}

TEST_CASE("a sweep's results do not depend on the number of jobs") {
  const TemporaryFolder folder;
  const auto file = sweep_file(folder);
  std::vector<std::string> dumps;
  for (const std::string jobs : {"1", "2"}) {
    const auto out = folder.path() / jobs;
    const auto result = run_tool({"sweep", file, "--out", out, "--jobs", jobs, "--no-confirm"});
    INFO(result.output << result.errors);
    REQUIRE(result.exit_code == 0);
    CHECK_THAT(result.output, Contains("6 of 6 points") && Contains("Pareto front"));
    dumps.push_back(dump_store(out / "results.sqlite"));
  }
  CHECK(dumps[0] == dumps[1]);
  CHECK(std::count(dumps[0].begin(), dumps[0].end(), '\n') == 6 + 1 + 6);
}

TEST_CASE("a sweep whose store has no room says so, and what the store held stays") {
  const TemporaryFolder folder;
  const auto out = folder.path() / "out";
  const auto store = out / "results.sqlite";
  REQUIRE(run_tool({"sweep", sweep_file(folder), "--out", out, "--no-confirm", "--quiet"}).exit_code == 0);
  const auto before = dump_store(store);
  std::string other = kSweep;
  other.replace(other.find("small"), 5, "other");
  other.replace(other.find("[4, 8, 16]"), 10, "[5, 6, 7]");
  const auto file = folder.path() / "other.json";
  write_file(file, other);
  // No file may become larger than a block of 512 bytes.
  const auto result =
      run_program({"/bin/sh", "-c", "ulimit -f 1; exec \"$0\" \"$@\"", NPUSIM_BINARY, "sweep", file, "--out",
                   folder.path() / "second", "--store", store, "--no-confirm", "--quiet"});
  INFO(result.errors);
  CHECK(result.exit_code == 2);
  CHECK_THAT(result.errors, Contains("results.sqlite: result store"));
  CHECK(dump_store(store) == before);
  const auto again =
      run_tool({"sweep", file, "--out", folder.path() / "third", "--store", store, "--no-confirm"});
  INFO(again.errors);
  CHECK(again.exit_code == 0);
  CHECK_THAT(again.output, Contains("6 of 6 points"));
}

TEST_CASE("a folder that takes no files is reported before a sweep begins") {
  const TemporaryFolder folder;
  const auto blocked = folder.path() / "file";
  write_file(blocked, std::string_view("content"));
  const auto result = run_tool({"sweep", sweep_file(folder), "--out", blocked / "below", "--no-confirm"});
  INFO(result.errors);
  CHECK(result.exit_code == 2);
  CHECK_THAT(result.errors, Contains(blocked.string()));
  CHECK(read_text_file(blocked) == "content");
}

TEST_CASE("a sweep confirms its front with the SystemC machine") {
  const TemporaryFolder folder;
  const auto out = folder.path() / "out";
  const auto result = run_tool({"sweep", sweep_file(folder), "--out", out});
  INFO(result.output << result.errors);
  REQUIRE(result.exit_code == 0);
  const auto summary = nlohmann::json::parse(read_text_file(out / "summary.json"));
  const auto& error = summary.at("estimate_error");
  CHECK(error.at("points").get<int>() >= 2);
  CHECK(error.at("largest_percent").get<double>() < 3);
  CHECK(error.at("smallest_percent").get<double>() > -3);
  const std::string csv = read_text_file(out / "points.csv");
  CHECK_THAT(csv,
             Contains("point,network,architecture,pe,bandwidth,engine,status,cycles") && Contains("systemc"));
}

TEST_CASE("a sweep that was killed and resumed leaves what an uninterrupted one leaves") {
  const TemporaryFolder folder;
  const std::string large = [] {
    auto sweep = nlohmann::json::parse(kSweep);
    sweep["axes"][1]["values"] = nlohmann::json::array();
    for (int bytes = 1; bytes <= 40; ++bytes) sweep["axes"][1]["values"].push_back(bytes);
    return sweep.dump();
  }();
  const auto file = sweep_file(folder, large).string();
  const auto whole = folder.path() / "whole";
  REQUIRE(run_tool({"sweep", file, "--out", whole, "--no-confirm"}).exit_code == 0);

  const auto killed = (folder.path() / "killed").string();
  std::string words[] = {NPUSIM_BINARY,  "sweep",   file,     "--out", killed,
                         "--no-confirm", "--quiet", "--jobs", "1"};
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_t process = 0;
  REQUIRE(posix_spawn(&process, arguments[0], nullptr, nullptr, arguments.data(), environ) == 0);
  const auto store = fs::path(killed) / "results.sqlite";
  const auto stored = [&]() -> std::int64_t {
    try {
      sim::Database database(store, sim::Database::Access::kReadOnly);
      sim::Statement count(database, "SELECT count(*) FROM results");
      return count.step() ? count.integer(0) : 0;
    } catch (const Error&) {
      return 0;  // not there yet
    }
  };
  while (stored() == 0 && waitpid(process, nullptr, WNOHANG) == 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  kill(process, SIGKILL);
  waitpid(process, nullptr, 0);
  CHECK(stored() > 0);

  CHECK(run_tool({"sweep", file, "--out", killed, "--no-confirm"}).exit_code == 2);  // without --resume
  const auto resumed = run_tool({"sweep", file, "--out", killed, "--no-confirm", "--resume"});
  INFO(resumed.output << resumed.errors);
  REQUIRE(resumed.exit_code == 0);
  CHECK(dump_store(store) == dump_store(whole / "results.sqlite"));
}

TEST_CASE("faults of a sweep are refused in one line before anything is written") {
  const TemporaryFolder folder;
  const auto out = (folder.path() / "out").string();
  const auto refusal = [&](const std::string& from, const std::string& to) {
    std::string text = kSweep;
    text.replace(text.find(from), from.size(), to);
    const auto result = run_tool({"sweep", sweep_file(folder, text), "--out", out});
    INFO(result.output << result.errors);
    CHECK(result.exit_code == 2);
    CHECK(std::count(result.errors.begin(), result.errors.end(), '\n') == 1);
    CHECK_FALSE(fs::exists(out));
    return result.errors;
  };
  CHECK_THAT(refusal("/dram/bytes_per_cycle", "/dram/bytes"), Contains("/axes/1") && Contains("bytes"));
  CHECK_THAT(refusal("[4, 8, 16]", "[]"), Contains("/axes/0/values") && Contains("empty"));
  CHECK_THAT(refusal("sqnxt_23v5_1.0_cifar", "resnet"), Contains("resnet"));
  CHECK_THAT(refusal("shift_npu", "tpu"), Contains("tpu"));
  CHECK_THAT(refusal("\"cycles\"", "\"speed\""), Contains("/objectives"));
  CHECK_THAT(refusal("\"axes\"", "\"constraints\": [\"pee < 1\"], \"axes\""), Contains("pee"));
  CHECK_THAT(refusal("[4, 16]}", "[4], \"range\": {}}"), Contains("/axes/1"));
  CHECK_THAT(refusal("\"/dram/bytes_per_cycle\"", "\"/pe_array/rows\""),
             Contains("/axes/1") && Contains("'/pe_array/rows'") && Contains("the axis 'pe' sets, too"));
  CHECK_THAT(refusal("\"/dram/bytes_per_cycle\"", "\"/pe_array\""), Contains("the axis 'pe' sets, too"));
  CHECK_THAT(refusal("\"bandwidth\"", "\"energy\""), Contains("/axes/1") && Contains("'energy'"));
  CHECK_THAT(refusal("\"bandwidth\"", "\"pe_count\""), Contains("/axes/1") && Contains("'pe_count'"));
  CHECK_THAT(refusal("[4, 16]}", "[-4, 0]}"), Contains("/axes/1") && Contains("from 0.001"));
  CHECK_THAT(refusal("[4, 16]}", "[NaN]}"), Contains("sweep.json") && Contains("line"));
}

TEST_CASE("a sweep whose constraints exclude everything says so") {
  const TemporaryFolder folder;
  std::string text = kSweep;
  text.insert(text.find("\"axes\""), "\"constraints\": [\"pe_count < 1\"], ");
  const auto result = run_tool({"sweep", sweep_file(folder, text), "--out", folder.path() / "out"});
  CHECK(result.exit_code == 2);
  CHECK_THAT(result.errors, Contains("no point") && Contains("constraints"));
}

TEST_CASE("a sweep says why points were refused, and why its front is empty") {
  const TemporaryFolder folder;
  std::string text = kSweep;
  text.replace(text.find("[4, 16]}"), 8, "[4, -1]}");
  const auto refused =
      run_tool({"sweep", sweep_file(folder, text), "--out", folder.path() / "refused", "--no-confirm"});
  CHECK(refused.exit_code == 0);
  CHECK_THAT(refused.output,
             Contains("3 refused") && Contains("for example point 1: ") && Contains("/dram/bytes_per_cycle"));
  text = kSweep;
  text.insert(text.find("\"axes\""), "\"constraints\": [\"cycles < 1\"], ");
  const auto empty =
      run_tool({"sweep", sweep_file(folder, text), "--out", folder.path() / "empty", "--no-confirm"});
  CHECK(empty.exit_code == 0);
  CHECK_THAT(empty.output, Contains("no point has all objectives") && Contains("cycles < 1"));
}

TEST_CASE("a store that is no store is left as it was") {
  const TemporaryFolder folder;
  const auto store = folder.path() / "notes.txt";
  write_file(store, std::string(4096, 'n'));
  const auto result = run_tool(
      {"sweep", sweep_file(folder), "--out", folder.path() / "out", "--store", store, "--no-confirm"});
  CHECK(result.exit_code == 2);
  CHECK_THAT(result.errors, Contains("notes.txt"));
  CHECK(read_text_file(store) == std::string(4096, 'n'));
}

}  // namespace
}  // namespace npu::tests
