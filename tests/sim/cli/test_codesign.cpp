// Does npusim codesign find what the authors of SqueezeNext found, within its budgets, and search where
// asked?
#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <regex>

#include "hw/common/file.h"
#include "tests/sim/cli/tool.h"
#include "tests/support.h"

namespace npu::tests {
namespace {

using Catch::Contains;
using nlohmann::json;
namespace fs = std::filesystem;

struct Point {
  std::vector<int> blocks;
  int stem = 0;
  double cycles = 0;
  double energy = 0;
  bool on_front = false;
};

Point point_of(const json& row) {
  const std::string name = row.at("network");
  std::smatch parts;
  REQUIRE(std::regex_match(name, parts, std::regex(R"(sqnxt_s(\d+)n?_(\d+)-(\d+)-(\d+)-(\d+)_.*)")));
  return {{std::stoi(parts[2]), std::stoi(parts[3]), std::stoi(parts[4]), std::stoi(parts[5])},
          std::stoi(parts[1]),
          row.at("values").at("cycles"),
          row.at("values").at("energy"),
          row.at("on_front")};
}

TEST_CASE("moving blocks to later stages and shrinking the stem is faster and cheaper on the 16x16 machine") {
  const TemporaryFolder folder;
  const auto out = folder.path() / "codesign";
  const auto result = run_tool({"codesign", "--arch", "squeezelerator_16x16", "--stems", "5,7",
                                "--max-params", "1e6", "--max-macs", "280e6", "--out", out, "--no-confirm"});
  INFO(result.output << result.errors);
  REQUIRE(result.exit_code == 0);
  CHECK_THAT(result.output, Contains("Pareto front of all networks") &&
                                Contains("sqnxt_s7_6-6-8-1_1.0 (the published first version)"));
  const json points = json::parse(read_text_file(out / "points.json"));
  const auto named = [&](const std::string& name) {
    for (const json& row : points) {
      if (row.at("network") == name) return point_of(row);
    }
    FAIL(name << " is missing");
    return Point{};
  };
  const Point first = named("sqnxt_s7_6-6-8-1_1.0");
  const Point fifth = named("sqnxt_s5n_2-4-14-1_1.0");
  CHECK(fifth.cycles < 0.9 * first.cycles);
  CHECK(fifth.energy < 0.9 * first.energy);
  int members = 0;
  for (const json& row : points) {
    const Point point = point_of(row);
    CHECK(point.blocks[0] + point.blocks[1] + point.blocks[2] + point.blocks[3] == 21);
    if (!point.on_front) continue;
    ++members;
    CHECK(point.stem == 5);
    CHECK(point.blocks[2] > point.blocks[0]);
    CHECK(point.cycles < first.cycles);
    CHECK(point.energy < first.energy);
  }
  CHECK(members >= 1);
}

TEST_CASE("a search of the family stays within its number of points, and is the same each time") {
  const TemporaryFolder folder;
  std::vector<std::string> tables;
  for (const std::string jobs : {"1", "2"}) {
    const auto out = folder.path() / jobs;
    const auto result =
        run_tool({"codesign", "--small-images", "--blocks", "9", "--stems", "3,5", "--pe", "8,16", "--search",
                  "30", "--jobs", jobs, "--out", out, "--no-confirm", "--quiet"});
    INFO(result.output << result.errors);
    REQUIRE(result.exit_code == 0);
    tables.push_back(read_text_file(out / "points.csv"));
    CHECK(std::count(tables.back().begin(), tables.back().end(), '\n') == 1 + 30);
  }
  CHECK(tables[0] == tables[1]);
}

TEST_CASE("each width has a folder and a front of its own") {
  const TemporaryFolder folder;
  const auto out = folder.path() / "widths";
  const auto result = run_tool({"codesign", "--small-images", "--blocks", "5", "--stems", "3", "--widths",
                                "1.0,1.5", "--out", out, "--no-confirm", "--quiet"});
  INFO(result.output << result.errors);
  REQUIRE(result.exit_code == 0);
  CHECK(fs::exists(out / "width_1.00" / "points.csv"));
  CHECK_THAT(read_text_file(out / "width_1.50" / "points.csv"), Contains("_1.5_cifar"));
}

TEST_CASE("budgets that no network meets and blocks that fill no stage are refused") {
  const TemporaryFolder folder;
  const auto refusal = [&](std::vector<std::string> words) {
    words.insert(words.begin(), "codesign");
    words.insert(words.end(), {"--out", folder.path() / "out"});
    const auto result = run_tool(words);
    CHECK(result.exit_code == 2);
    CHECK_FALSE(fs::exists(folder.path() / "out"));
    return result.errors;
  };
  CHECK_THAT(refusal({"--small-images", "--blocks", "5", "--max-params", "1000"}),
             Contains("1000") && Contains("--max-params"));
  CHECK_THAT(refusal({"--small-images", "--blocks", "4", "--last-blocks", "2"}), Contains("--blocks"));
  CHECK_THAT(refusal({"--template", "resnet"}), Contains("sqnxt"));
}

}  // namespace
}  // namespace npu::tests
