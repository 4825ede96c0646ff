// Does npusim codesign find what the authors of SqueezeNext found, within its budgets, and search where
// asked?
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <regex>

#include "hw/common/file.h"
#include "tests/sim/cli/digits.h"
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

// What docs/gallery.md says of this very command, as far as small changes of the models go.
void check_gallery(const Point& first, const json& points) {
  const std::string text = read_text_file(fs::path(NPUSIM_SOURCE_DIR) / "docs/gallery.md");
  std::smatch said;
  REQUIRE(std::regex_search(text, said,
                            std::regex(R"(takes ([\d.]+) million cycles there; (\d+) of the others)")));
  CHECK(first.cycles == Approx(1e6 * std::stod(said[1])).epsilon(0.05));
  int better = 0;
  const json* fastest = nullptr;
  for (const json& row : points) {
    const Point point = point_of(row);
    if (point.cycles >= first.cycles || point.energy >= first.energy) continue;
    ++better;
    if (fastest == nullptr || point.cycles < point_of(*fastest).cycles) fastest = &row;
  }
  CHECK(better == Approx(std::stod(said[2])).epsilon(0.15));
  REQUIRE(fastest != nullptr);
  REQUIRE(std::regex_search(
      text, said,
      std::regex(R"(`(sqnxt_s\dn?_[\d-]+_1\.0)`: (\d+) % of the cycles, (\d+) % of the energy)")));
  CHECK(100 * point_of(*fastest).cycles / first.cycles == Approx(std::stod(said[2])).margin(3));
  CHECK(100 * point_of(*fastest).energy / first.energy == Approx(std::stod(said[3])).margin(3));
}

TEST_CASE("moving blocks to later stages and shrinking the stem is faster and cheaper on the 16x16 machine") {
  const TemporaryFolder folder;
  const auto out = folder.path() / "codesign";
  const auto result = run_tool({"codesign", "--arch", "squeezelerator_16x16", "--max-params", "1e6",
                                "--max-macs", "280e6", "--out", out, "--no-confirm"});
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
    CHECK(point.stem == 3);
    CHECK(point.blocks[2] > point.blocks[0]);
    CHECK(point.cycles < first.cycles);
    CHECK(point.energy < first.energy);
  }
  CHECK(members >= 1);
  check_gallery(first, points);
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

TEST_CASE("memories grow with the array where codesign is asked for it, and stay otherwise") {
  const TemporaryFolder folder;
  const auto memories = [&](const std::string& name, std::vector<std::string> more) {
    more.insert(more.begin(), {"codesign", "--small-images", "--blocks", "4", "--stems", "3", "--arch",
                               "squeezelerator_16x16", "--pe", "16,32", "--out", folder.path() / name,
                               "--no-confirm", "--quiet"});
    const auto result = run_tool(more);
    INFO(result.errors);
    REQUIRE(result.exit_code == 0);
    const auto rows = run_tool({"query", folder.path() / name, "--csv", "--sql",
                                "SELECT DISTINCT json_extract(arch_json, '$.pe_array.rows') AS side, "
                                "json_extract(arch_json, '$.global_buffer.capacity_bytes') AS bytes FROM "
                                "results ORDER BY side"});
    INFO(rows.errors);
    REQUIRE(rows.exit_code == 0);
    std::smatch parts;
    const std::regex shape("side,bytes\\r?\n16,(\\d+)\\r?\n32,(\\d+)\\r?\n");
    REQUIRE(std::regex_match(rows.output, parts, shape));
    return std::pair{std::stoi(parts[1]), std::stoi(parts[2])};
  };
  const auto fixed = memories("fixed", {});
  CHECK(fixed.first == fixed.second);
  const auto scaled = memories("scaled", {"--scale-memories"});
  CHECK(scaled.first == fixed.first);
  CHECK(scaled.second == 4 * fixed.first);
}

TEST_CASE("trained members of the family are judged by their accuracy, too") {
  SKIP_WITHOUT_DIGITS();
  const TemporaryFolder folder;
  const auto trained = folder.path() / "trained";
  fs::create_directory(trained);
  // Random weights stand in for trained ones.
  for (const std::string name : {"sqnxt_s3n_1-1-1-1_1.0_cifar", "sqnxt_s3_1-1-1-1_1.0_cifar"}) {
    const auto model = trained / (name + ".onnx");
    REQUIRE(run_tool({"export", name, "-o", model, "--quiet"}).exit_code == 0);
  }
  const auto out = folder.path() / "out";
  std::vector<std::string> command{"codesign",
                                   "--small-images",
                                   "--blocks",
                                   "4",
                                   "--stems",
                                   "3,5",
                                   "--trained",
                                   trained,
                                   "--images",
                                   digits() / "test",
                                   "--calibration",
                                   digits() / "train",
                                   "--limit",
                                   "20",
                                   "--calibration-images",
                                   "5",
                                   "--scheme",
                                   "shift",
                                   "--out",
                                   out,
                                   "--no-confirm"};
  const auto result = run_tool(command);
  INFO(result.output << result.errors);
  REQUIRE(result.exit_code == 0);
  const json points = json::parse(read_text_file(out / "points.json"));
  REQUIRE(points.size() == 2);
  for (const json& row : points) {
    const double accuracy = row.at("values").at("accuracy_percent");
    CHECK(accuracy >= 0);
    CHECK(std::fmod(accuracy, 5) == Approx(0).margin(1e-9));  // of 20 images
  }
  std::vector<std::string> untrained = command;
  std::replace(untrained.begin(), untrained.end(), trained.string(), digits().string());
  CHECK_THAT(run_tool(untrained).errors,
             Contains("--trained") && Contains("sqnxt_s3_1-1-1-1_1.0_cifar.onnx"));
  command.erase(std::find(command.begin(), command.end(), "--images"), command.end());
  command.insert(command.end(), {"--out", folder.path() / "other"});
  CHECK_THAT(run_tool(command).errors, Contains("--images"));
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
