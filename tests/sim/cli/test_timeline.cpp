// Do --trace and --wave show what the machine did?
#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <vector>

#include "hw/common/file.h"
#include "tests/sim/cli/tool.h"
#include "tests/sim/report/trace_faults.h"
#include "tests/support.h"

namespace npu::tests {
namespace {

using Catch::Contains;
using nlohmann::json;

constexpr const char* kNetwork = "sqnxt_23v5_1.0_cifar";

struct Slice {
  std::int64_t start = 0;
  std::int64_t cycles = 0;
  friend bool operator==(const Slice&, const Slice&) = default;
};

/// Track name -> slices of a category, in the file's order.
std::map<std::string, std::vector<Slice>> slices_of(const json& trace, const std::string& category) {
  std::map<int, std::string> names;
  std::map<std::string, std::vector<Slice>> slices;
  for (const json& event : trace.at("traceEvents")) {
    if (event.at("ph") == "M" && event.at("name") == "thread_name")
      names[event.at("tid")] = event.at("args").at("name");
  }
  for (const json& event : trace.at("traceEvents")) {
    if (event.at("ph") != "X" || event.at("cat") != category) continue;
    const json& args = event.at("args");
    CHECK(event.at("ts").get<double>() == Approx(args.at("start_cycle").get<double>() / 1000).margin(1e-6));
    slices[names.at(event.at("tid"))].push_back({args.at("start_cycle"), args.at("cycles")});
  }
  return slices;
}

/// Variable name (scopes joined by dots) -> its changes (time in ps, value) of a VCD file.
using Changes = std::vector<std::pair<std::int64_t, std::int64_t>>;
std::map<std::string, Changes> read_vcd(const std::string& text) {
  std::map<std::string, std::string> names;  // code -> name
  std::vector<std::string> scopes;
  std::map<std::string, Changes> changes;
  std::istringstream lines(text);
  bool header = true;
  std::int64_t now = 0;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string word;
    words >> word;
    if (header) {
      std::string kind, width, code, name;
      if (word == "$scope") {
        words >> kind >> name;
        scopes.push_back(name);
      } else if (word == "$upscope") {
        scopes.pop_back();
      } else if (word == "$var") {
        words >> kind >> width >> code >> name;
        std::string full;
        for (const auto& scope : scopes) full += scope + ".";
        names[code] = full + name;
      } else if (word == "$enddefinitions") {
        header = false;
      }
    } else if (word[0] == '#') {
      now = std::stoll(word.substr(1));
    } else if (word[0] == '0' || word[0] == '1') {
      changes[names.at(word.substr(1))].emplace_back(now, word[0] - '0');
    } else if (word[0] == 'b') {
      std::string code;
      words >> code;
      std::string digits = word.substr(1);
      std::int64_t value = 0;
      for (const char digit : digits) value = value * 2 + (digit - '0');
      if (digits.size() == 64 && digits[0] == '1') value = -1;
      changes[names.at(code)].emplace_back(now, value);
    }
  }
  return changes;
}

/// Name of a unit's module in the machine.
std::string module_of(const std::string& unit) {
  if (unit == "conv") return "pe_array";
  return unit == "vector" ? "vector_unit" : unit;
}

std::string ending_in(const std::map<std::string, Changes>& changes, const std::string& end) {
  for (const auto& [name, ignored] : changes) {
    if (name.ends_with(end)) return name;
  }
  FAIL("no variable ends in " << end);
  return {};
}

/// Starts of instructions that take time, in cycles: the unit begins to execute, or goes on with another pc.
std::vector<std::int64_t> starts(const Changes& executing, const Changes& pc) {
  std::map<std::int64_t, std::pair<int, std::int64_t>> at;  // time -> executing, pc
  for (const auto& [time, value] : executing) at[time].first = 1;
  for (const auto& [time, value] : pc) at[time].first = 1;
  const auto value_at = [](const Changes& changes, std::int64_t time) {
    const auto next = std::upper_bound(changes.begin(), changes.end(), std::pair(time, INT64_MAX));
    return next == changes.begin() ? std::int64_t{0} : std::prev(next)->second;
  };
  std::vector<std::int64_t> result;
  std::int64_t last_pc = -1;
  for (const auto& [time, ignored] : at) {
    if (value_at(executing, time) == 0 || value_at(pc, time) == last_pc) continue;
    last_pc = value_at(pc, time);
    result.push_back(time / 1000);
  }
  return result;
}

TEST_CASE("the trace and the wave of one run tell the same story as its result") {
  const TemporaryFolder folder;
  const auto out = folder.path() / "out";
  const auto trace_file = folder.path() / "trace.json";
  const auto wave_file = folder.path() / "run.vcd";
  const auto run = run_tool(
      {"run", "--network", kNetwork, "--out", out, "--trace", trace_file, "--wave", wave_file, "--quiet"});
  INFO(run.output << run.errors);
  REQUIRE(run.exit_code == 0);
  const json result = json::parse(read_text_file(out / "result.json"));
  const json trace = json::parse(read_text_file(trace_file));
  const std::int64_t cycles = result.at("cycles");
  CHECK(trace_faults(trace) == std::vector<std::string>{});

  const auto instructions = slices_of(trace, "instruction");
  const auto waits = slices_of(trace, "wait");
  for (const auto& [unit, list] : instructions) {
    INFO(unit);
    std::int64_t busy = 0;
    std::int64_t reached = 0;
    for (const Slice& slice : list) {
      CHECK(slice.start >= reached);
      reached = slice.start + slice.cycles;
      busy += slice.cycles;
    }
    CHECK(reached <= cycles);
    CHECK(busy == result.at("units").at(unit).at("busy"));
    std::int64_t stalled = 0;
    for (const auto& [cause, stall] : result.at("units").at(unit).at("stalls").items())
      stalled += stall.get<std::int64_t>();
    std::int64_t waited = 0;
    if (waits.contains(unit)) {
      for (const Slice& slice : waits.at(unit)) waited += slice.cycles;
    }
    CHECK(waited == stalled);
  }
  std::map<std::string, int> counters;
  for (const json& event : trace.at("traceEvents")) {
    if (event.at("ph") == "C") ++counters[event.at("name")];
  }
  CHECK(counters.size() == 4);
  std::int64_t fullest = 0;
  for (const json& event : trace.at("traceEvents")) {
    if (event.at("ph") == "C" && event.at("name") == "global_buffer (live bytes)")
      fullest = std::max(fullest, event.at("args").at("bytes").get<std::int64_t>());
  }
  CHECK(fullest == result.at("memory").at("sram_high_water_bytes").at("global_buffer"));

  const std::string vcd = read_text_file(wave_file);
  CHECK_THAT(vcd, Contains("$timescale") && Contains("1 ps"));
  const auto changes = read_vcd(vcd);
  for (const auto& [unit, list] : instructions) {
    INFO(unit);
    std::vector<std::int64_t> expected;
    for (const Slice& slice : list) {
      if (slice.cycles > 0) expected.push_back(slice.start);
    }
    CHECK(starts(changes.at(ending_in(changes, module_of(unit) + ".executing")),
                 changes.at(ending_in(changes, module_of(unit) + ".pc"))) == expected);
  }
  const auto& read_bytes = changes.at(ending_in(changes, "dram.read_bytes"));
  CHECK(read_bytes.back().second == result.at("dram").at("read_bytes"));
}

TEST_CASE("the estimate engine has a trace, too") {
  const TemporaryFolder folder;
  const auto file = folder.path() / "trace.json";
  const auto run = run_tool({"run", "--network", kNetwork, "--engine", "estimate", "--mapper", "quick",
                             "--trace", file, "--quiet"});
  INFO(run.output << run.errors);
  REQUIRE(run.exit_code == 0);
  const json trace = json::parse(read_text_file(file));
  CHECK(slices_of(trace, "instruction").size() == 5);
  CHECK(trace_faults(trace) == std::vector<std::string>{});
}

TEST_CASE("a trace or wave that cannot be is refused before the run, or told after it") {
  const auto refused = [](const std::vector<std::string>& options) {
    std::vector<std::string> words{"run", "--network", kNetwork, "--quiet"};
    words.insert(words.end(), options.begin(), options.end());
    const auto run = run_tool(words);
    CHECK(run.exit_code == 2);
    return run.errors;
  };
  CHECK_THAT(refused({"--engine", "functional", "--trace", "t.json"}),
             Contains("--trace") && Contains("no time"));
  CHECK_THAT(refused({"--engine", "estimate", "--wave", "w.vcd"}), Contains("--wave") && Contains("systemc"));
  CHECK_THAT(refused({"--engine", "estimate", "--trace", "/dev/null/t.json"}), Contains("/dev/null"));
  CHECK_THAT(refused({"--wave", "/dev/null/w.vcd"}), Contains("/dev/null"));
}

}  // namespace
}  // namespace npu::tests
