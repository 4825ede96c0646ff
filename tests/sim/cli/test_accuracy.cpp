// npusim accuracy with our own trained network on the handwritten digits: a real network and real images
// wherever Debian's python3-sklearn is installed.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "hw/common/file.h"
#include "tests/sim/cli/digits.h"
#include "tests/sim/cli/tool.h"
#include "tests/support.h"

namespace npu::tests {
namespace {

using Catch::Contains;
using Json = nlohmann::json;
namespace fs = std::filesystem;

std::vector<std::string> accuracy_on(const fs::path& calibration, const fs::path& images,
                                     std::vector<std::string> more) {
  std::vector<std::string> arguments{"accuracy", "--network",     digits_network().string(),
                                     "--quiet",  "--calibration", calibration.string(),
                                     "--images", images.string()};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

Json accuracy_json(const fs::path& out) { return Json::parse(read_text_file(out / "accuracy.json")); }

const Json& scheme_of(const Json& report, const std::string& name) {
  for (const auto& scheme : report["schemes"]) {
    if (scheme["name"] == name) return scheme;
  }
  FAIL("no scheme " << name);
  return report;
}

}  // namespace

TEST_CASE(
    "the trained digits network keeps its float accuracy in integers with the shift, and engines agree") {
  SKIP_WITHOUT_DIGITS();
  const TemporaryFolder out;
  const auto result =
      run_tool(accuracy_on(digits() / "train", digits() / "test",
                           {"--schemes", "layer,shift+bias,shift@w4", "--out", out.path().string()}));
  INFO(result.errors);
  REQUIRE(result.exit_code == 0);
  const auto report = accuracy_json(out.path());
  CHECK(report["image_count"] == 597);
  CHECK(report["float"]["top1_percent"].get<double>() ==
        Approx(98.995).margin(0.01));  // as in the network's JSON
  const auto& shift = scheme_of(report, "shift+bias");
  CHECK(shift["top1_percent"].get<double>() > report["float"]["top1_percent"].get<double>() - 0.7);
  CHECK(shift["agreement_percent"].get<double>() > 99.0);
  // Fewer values for the weights cost more divergence.
  CHECK(scheme_of(report, "shift@w4")["kl_divergence_nats"].get<double>() >
        10 * shift["kl_divergence_nats"].get<double>());
  for (const auto& scheme : report["schemes"]) {
    CHECK(scheme["interpreter"]["different"] == 0);
    CHECK(scheme["systemc"]["different"] == 0);
  }
}

TEST_CASE("accuracy does not depend on the number of threads") {
  SKIP_WITHOUT_DIGITS();
  const TemporaryFolder out;
  std::vector<Json> reports;
  for (const char* threads : {"1", "3"}) {
    const auto result =
        run_tool(accuracy_on(digits() / "train", digits() / "test",
                             {"--schemes", "shift+recipe", "--limit", "60", "--calibration-images", "20",
                              "--threads", threads, "--out", out.path().string()}));
    INFO(result.errors);
    REQUIRE(result.exit_code == 0);
    auto report = accuracy_json(out.path());
    for (auto& scheme : report["schemes"]) {
      scheme.erase("quantise_seconds");
      scheme.erase("measure_seconds");
    }
    reports.push_back(report);
  }
  CHECK(reports[0] == reports[1]);
}

TEST_CASE("calibration images that are all the same give a network that still runs, with equal engines") {
  SKIP_WITHOUT_DIGITS();
  const TemporaryFolder folder;
  fs::copy(digits() / "test/3/0002.png", folder.path() / "one.png");
  const auto result = run_tool(
      accuracy_on(folder.path(), digits() / "test", {"--schemes", "shift,shift+recipe", "--limit", "20"}));
  INFO(result.errors);
  CHECK(result.exit_code == 0);
}

TEST_CASE("faulty data sets are refused with the file, and no report is left") {
  SKIP_WITHOUT_DIGITS();
  const TemporaryFolder folder;
  const auto images = folder.path() / "images";
  fs::create_directory(images);
  for (const char* name : {"0002.png", "0016.png"}) fs::copy(digits() / "test/3" / name, images / name);
  const auto refused = [&](const fs::path& calibration, const fs::path& tested,
                           std::vector<std::string> more) {
    const auto out = folder.path() / "out";
    more.insert(more.end(), {"--schemes", "shift", "--out", out.string()});
    const auto result = run_tool(accuracy_on(calibration, tested, more));
    CHECK(result.exit_code == 2);
    CHECK_FALSE(fs::exists(out / "accuracy.json"));
    CHECK(std::count(result.errors.begin(), result.errors.end(), '\n') == 1);
    return result.errors;
  };
  fs::create_directory(folder.path() / "empty");
  CHECK_THAT(refused(folder.path() / "empty", images, {}), Contains("empty") && Contains("no images"));
  CHECK_THAT(refused(images, folder.path() / "absent", {}), Contains("absent"));
  const auto labels = folder.path() / "labels.csv";
  write_file(labels, std::string_view("file,label\n0002.png,3\n0016.png,10\n"));
  CHECK_THAT(refused(images, images, {"--labels", labels.string()}),
             Contains("labels.csv, line 3") && Contains("'10'") && Contains("0 to 9"));
  write_file(labels, std::string_view("file,label\n0099.png,3\n"));
  CHECK_THAT(refused(images, images, {"--labels", labels.string()}),
             Contains("line 2") && Contains("0099.png"));
  const auto whole = read_text_file(images / "0016.png");
  write_file(images / "0016.png", std::string_view(whole).substr(0, whole.size() / 2));
  CHECK_THAT(refused(digits() / "train", images, {}), Contains("0016.png"));
  write_file(images / "0016.png", std::string_view("no image"));
  CHECK_THAT(refused(digits() / "train", images, {}), Contains("0016.png"));
}

}  // namespace npu::tests
