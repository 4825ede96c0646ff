// Does a sweep find the accuracy that npusim accuracy and npusim run find, once for each arithmetic, and
// refuse data that it cannot measure?
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "hw/common/file.h"
#include "sim/explore/database.h"
#include "tests/sim/cli/digits.h"
#include "tests/sim/cli/store_dump.h"
#include "tests/sim/cli/tool.h"
#include "tests/support.h"

namespace npu::tests {
namespace {

using Catch::Contains;
using nlohmann::json;
namespace fs = std::filesystem;

constexpr int kImages = 150;

// 2 arrays x 2 widths of the shift, on a few digits.
json digits_sweep() {
  return {{"schema_version", 1},
          {"name", "digits"},
          {"architectures", {"shift_npu"}},
          {"networks", {digits_network().string()}},
          {"axes",
           {{{"name", "pe"}, {"values", {8, 16}}, {"set", {"/pe_array/rows", "/pe_array/columns"}}},
            {{"name", "shift_bits"}, {"pointer", "/compounding/shift_bits"}, {"values", {0, 4}}}}},
          {"objectives", {"accuracy_percent", "energy"}},
          {"accuracy",
           {{"images", (digits() / "test").string()},
            {"calibration", (digits() / "train").string()},
            {"calibration_images", 10},
            {"limit", kImages},
            {"scheme", "shift@w4"}}}};
}

std::string written(const TemporaryFolder& folder, const json& sweep) {
  const auto path = folder.path() / "sweep.json";
  write_file(path, sweep.dump());
  return path.string();
}

std::map<int, double> accuracy_by_shift(const fs::path& out) {
  std::map<int, double> found;
  for (const json& row : json::parse(read_text_file(out / "points.json"))) {
    if (row.at("engine") == "estimate")
      found[row.at("axes").at("shift_bits")] = row.at("values").at("accuracy_percent");
  }
  return found;
}

std::int64_t count_of(const fs::path& store, const std::string& table) {
  sim::Database database(store, sim::Database::Access::kReadOnly);
  sim::Statement count(database, "SELECT count(*) FROM " + table);
  REQUIRE(count.step());
  return count.integer(0);
}

double accuracy_of_scheme(const json& sweep, const std::string& scheme, const fs::path& out) {
  const json& settings = sweep.at("accuracy");
  const auto result =
      run_tool({"accuracy", "--network", digits_network(), "--images", settings.at("images"), "--calibration",
                settings.at("calibration"), "--calibration-images", "10", "--limit", std::to_string(kImages),
                "--spot-checks", "0", "--schemes", scheme, "--quiet", "--out", out});
  INFO(result.errors);
  REQUIRE(result.exit_code == 0);
  return json::parse(read_text_file(out / "accuracy.json"))["schemes"][0]["top1_percent"];
}

TEST_CASE("a sweep's accuracy is that of npusim accuracy, measured once for machines of one arithmetic") {
  SKIP_WITHOUT_DIGITS();
  const TemporaryFolder folder;
  const json sweep = digits_sweep();
  std::vector<std::string> dumps;
  for (const std::string jobs : {"1", "2"}) {
    const auto out = folder.path() / jobs;
    const auto result =
        run_tool({"sweep", written(folder, sweep), "--out", out, "--jobs", jobs, "--no-confirm"});
    INFO(result.output << result.errors);
    REQUIRE(result.exit_code == 0);
    CHECK_THAT(result.output, Contains("4 of 4 points") && Contains("accuracy_percent"));
    CHECK(count_of(out / "results.sqlite", "accuracies") == 2);
    dumps.push_back(dump_store(out / "results.sqlite"));
  }
  CHECK(dumps[0] == dumps[1]);
  auto found = accuracy_by_shift(folder.path() / "1");
  REQUIRE(found.size() == 2);
  CHECK(found[0] == Approx(accuracy_of_scheme(sweep, "shift0@w4", folder.path() / "a")));
  CHECK(found[4] == Approx(accuracy_of_scheme(sweep, "shift4@w4", folder.path() / "b")));
  CHECK(found[0] < found[4]);  // four bits and one scale for a layer: the shift is needed

  const auto resumed =
      run_tool({"sweep", written(folder, sweep), "--out", folder.path() / "1", "--resume", "--no-confirm"});
  CHECK_THAT(resumed.output, Contains("4 known"));
  CHECK(dump_store(folder.path() / "1/results.sqlite") == dumps[0]);
}

TEST_CASE("without a scheme a sweep quantises as npusim run does") {
  SKIP_WITHOUT_DIGITS();
  const TemporaryFolder folder;
  json sweep = digits_sweep();
  sweep["axes"] = json::array();
  sweep["accuracy"].erase("scheme");
  sweep["accuracy"]["limit"] = 20;
  const auto out = folder.path() / "out";
  const auto result = run_tool({"sweep", written(folder, sweep), "--out", out, "--no-confirm", "--quiet"});
  INFO(result.errors);
  REQUIRE(result.exit_code == 0);
  const auto ran =
      run_tool({"run", "--network", digits_network(), "--engine", "functional", "--images",
                sweep["accuracy"]["images"], "--calibration", sweep["accuracy"]["calibration"],
                "--calibration-images", "10", "--limit", "20", "--quiet", "--out", folder.path() / "run"});
  INFO(ran.errors);
  REQUIRE(ran.exit_code == 0);
  const json report = json::parse(read_text_file(folder.path() / "run/result.json"));
  const json points = json::parse(read_text_file(out / "points.json"));
  CHECK(points[0]["values"]["accuracy_percent"] == report["accuracy"]["top1"]);
}

TEST_CASE("a search weighs accuracy, and a constraint on it keeps points off the front") {
  SKIP_WITHOUT_DIGITS();
  const TemporaryFolder folder;
  json sweep = digits_sweep();
  sweep["sampling"] = {{"method", "search"}, {"points", 4}, {"population", 4}};
  const auto found = [&](const std::string& name) {
    const auto out = folder.path() / name;
    const auto result = run_tool({"sweep", written(folder, sweep), "--out", out, "--no-confirm", "--quiet"});
    INFO(result.errors);
    REQUIRE(result.exit_code == 0);
    std::vector<int> shifts;
    for (const json& row : json::parse(read_text_file(out / "points.json"))) {
      if (row.at("on_front")) shifts.push_back(row.at("axes").at("shift_bits"));
    }
    return shifts;
  };
  sweep["objectives"] = {"energy", "accuracy_percent"};
  CHECK(found("both") == std::vector<int>{4});  // the shift costs no energy
  sweep["objectives"] = {"energy"};
  CHECK(found("energy") == std::vector<int>{0, 4});
  const double best = accuracy_by_shift(folder.path() / "energy")[4];
  sweep["constraints"] = {"accuracy_percent >= " + std::to_string(best - 0.1)};
  CHECK(found("limit") == std::vector<int>{4});
}

TEST_CASE("a sweep refuses images that it cannot measure accuracy on, before it starts") {
  SKIP_WITHOUT_DIGITS();
  const TemporaryFolder folder;
  const auto out = folder.path() / "out";
  const auto refusal = [&](const std::function<void(json&)>& change) {
    json sweep = digits_sweep();
    change(sweep);
    const auto result = run_tool({"sweep", written(folder, sweep), "--out", out});
    INFO(result.output << result.errors);
    CHECK(result.exit_code == 2);
    CHECK(std::count(result.errors.begin(), result.errors.end(), '\n') == 1);
    CHECK_FALSE(fs::exists(out));
    return result.errors;
  };
  CHECK_THAT(refusal([](json& sweep) { sweep["networks"] = {"sqnxt_23_1.0_cifar"}; }),
             Contains("/accuracy") && Contains("random") && Contains(".onnx"));
  CHECK_THAT(refusal([](json& sweep) { sweep["accuracy"].erase("calibration"); }),
             Contains("/accuracy") && Contains("calibration"));
  CHECK_THAT(refusal([](json& sweep) { sweep["accuracy"]["calibration"] = "nowhere"; }),
             Contains("/accuracy/calibration") && Contains("nowhere"));
  CHECK_THAT(refusal([](json& sweep) { sweep["accuracy"]["images"] = "nowhere"; }), Contains("nowhere"));
  CHECK_THAT(refusal([](json& sweep) { sweep["accuracy"]["scheme"] = "magic"; }),
             Contains("/accuracy/scheme") && Contains("magic") && Contains("shift"));
  CHECK_THAT(refusal([](json& sweep) { sweep["accuracy"]["scheme"] = "shift,layer"; }),
             Contains("/accuracy/scheme") && Contains("2 schemes"));
  CHECK_THAT(refusal([](json& sweep) { sweep["accuracy"]["images"] = (digits() / "test/3").string(); }),
             Contains("labels"));
  CHECK_THAT(refusal([](json& sweep) { sweep.erase("accuracy"); }),
             Contains("/objectives") && Contains("'accuracy'"));
}

}  // namespace
}  // namespace npu::tests
