// What does a sweep do when the space is absurd, the disk full, the folder closed, the store damaged or
// shared?
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

#include "hw/common/file.h"
#include "tests/sim/cli/store_dump.h"
#include "tests/sim/cli/tool.h"
#include "tests/support.h"

namespace npu::tests {
namespace {

using Catch::Contains;
using nlohmann::json;
namespace fs = std::filesystem;

json small_sweep(const std::string& name, int bandwidths) {
  return {
      {"schema_version", 1},
      {"name", name},
      {"architectures", {"shift_npu"}},
      {"networks", {"sqnxt_23v5_1.0_cifar"}},
      {"axes",
       {{{"pointer", "/dram/bytes_per_cycle"}, {"range", {{"from", 1}, {"to", bandwidths}, {"step", 1}}}}}},
      {"objectives", {"cycles", "energy"}}};
}

std::string write_sweep(const TemporaryFolder& folder, const json& sweep) {
  const auto path = folder.path() / (sweep.at("name").get<std::string>() + ".json");
  write_file(path, sweep.dump());
  return path.string();
}

std::string one_line_error(const ToolResult& result) {
  INFO(result.output << result.errors);
  CHECK(result.exit_code == 2);
  CHECK(std::count(result.errors.begin(), result.errors.end(), '\n') == 1);
  return result.errors;
}

TEST_CASE(
    "a space of a million million points is refused with the way to sample it, and can be sampled and "
    "searched") {
  const TemporaryFolder folder;
  json sweep = small_sweep("huge", 100);
  const std::vector<std::string> fields{"/dram/latency_cycles", "/dma/request_bytes", "/vector_unit/lanes",
                                        "/compounding/lanes", "/command_processor/queue_depth"};
  for (const std::string& field : fields) {
    sweep["axes"].push_back({{"pointer", field}, {"range", {{"from", 1}, {"to", 100}, {"step", 1}}}});
  }
  const auto out = (folder.path() / "out").string();
  CHECK_THAT(one_line_error(run_tool({"sweep", write_sweep(folder, sweep), "--out", out})),
             Contains("1000000000000 points") && Contains("/sampling") && Contains("random"));
  CHECK_FALSE(fs::exists(out));
  for (const std::string method : {"random", "latin_hypercube", "search"}) {
    sweep["sampling"] = {{"method", method}, {"points", 40}};
    const auto result =
        run_tool({"sweep", write_sweep(folder, sweep), "--out", out + method, "--no-confirm"});
    INFO(result.output << result.errors);
    CHECK(result.exit_code == 0);
    CHECK_THAT(result.output, Contains("of 1,000,000,000,000 points"));
  }
}

TEST_CASE("a folder that cannot be written is refused before anything is computed") {
  const TemporaryFolder folder;
  const auto file = write_sweep(folder, small_sweep("closed", 2));
  CHECK_THAT(one_line_error(run_tool({"sweep", file, "--out", "/proc/closed"})), Contains("/proc/closed"));
  if (geteuid() == 0) return;  // root writes where the mode forbids it
  const auto closed = folder.path() / "closed";
  fs::create_directory(closed);
  fs::permissions(closed, fs::perms::owner_read | fs::perms::owner_exec);
  CHECK_THAT(one_line_error(run_tool({"sweep", file, "--out", closed})), Contains("not writable"));
}

TEST_CASE("a disk that fills during a sweep costs nothing that was stored") {
  const TemporaryFolder folder;
  const auto file = write_sweep(folder, small_sweep("full", 60));
  const auto out = (folder.path() / "out").string();
  // A limit on the size of files is a full disk as far as the store can tell.
  const auto limited = run_program({"/bin/bash", "-c",
                                    "ulimit -f 160; exec " + std::string(NPUSIM_BINARY) + " sweep " + file +
                                        " --out " + out + " --no-confirm --quiet"});
  CHECK_THAT(one_line_error(limited), Contains("results.sqlite"));
  const auto resumed = run_tool({"sweep", file, "--out", out, "--no-confirm", "--quiet", "--resume"});
  INFO(resumed.output << resumed.errors);
  REQUIRE(resumed.exit_code == 0);
  const auto whole = (folder.path() / "whole").string();
  REQUIRE(run_tool({"sweep", file, "--out", whole, "--no-confirm", "--quiet"}).exit_code == 0);
  CHECK(dump_store(out + "/results.sqlite") == dump_store(whole + "/results.sqlite"));
}

TEST_CASE("a damaged store is named, and not made worse") {
  const TemporaryFolder folder;
  const auto file = write_sweep(folder, small_sweep("damaged", 30));
  const auto out = folder.path() / "out";
  REQUIRE(run_tool({"sweep", file, "--out", out, "--no-confirm", "--quiet"}).exit_code == 0);
  auto bytes = read_file(out / "results.sqlite");
  for (std::size_t at = 4096; at < bytes.size(); ++at) bytes[at] = static_cast<std::uint8_t>(at * 31);
  write_file(out / "results.sqlite", bytes);
  CHECK_THAT(one_line_error(run_tool({"sweep", file, "--out", out, "--no-confirm", "--quiet", "--resume"})),
             Contains("results.sqlite"));
  CHECK(read_file(out / "results.sqlite") == bytes);
  CHECK_THAT(one_line_error(run_tool({"query", out, "points"})), Contains("results.sqlite"));
}

TEST_CASE("two sweeps at once share a store, and neither loses a point") {
  const TemporaryFolder folder;
  const auto store = (folder.path() / "shared.sqlite").string();
  const auto one = write_sweep(folder, small_sweep("one", 30));
  const auto other = write_sweep(folder, small_sweep("other", 40));  // holds the points of the first
  ToolResult first;
  ToolResult second;
  const auto command = [&](const std::string& file, const std::string& out) {
    return run_tool({"sweep", file, "--out", folder.path() / out, "--store", store, "--no-confirm", "--quiet",
                     "--jobs", "1"});
  };
  std::thread beside([&] { second = command(other, "b"); });
  first = command(one, "a");
  beside.join();
  INFO(first.errors << second.errors);
  CHECK(first.exit_code == 0);
  CHECK(second.exit_code == 0);
  const std::string content = dump_store(store);
  CHECK(std::count(content.begin(), content.end(), '\n') == 40 + 2 + 30 + 40);
}

}  // namespace
}  // namespace npu::tests
