// Whole runs through the command line: the same result from both engines and from every run.
#include <nlohmann/json.hpp>

#include "hw/common/file.h"
#include "tests/sim/cli/tool.h"
#include "tests/support.h"

namespace npu::tests {
namespace {

using Catch::Contains;
using Json = nlohmann::json;

// Runs npusim with `--out` and returns result.json; requires exit code 0.
Json result_of(std::vector<std::string> arguments, const std::filesystem::path& out) {
  arguments.insert(arguments.end(), {"--out", out.string(), "--quiet"});
  const auto result = run_tool(arguments);
  INFO(result.errors);
  REQUIRE(result.exit_code == 0);
  return Json::parse(read_text_file(out / "result.json"));
}

// result.json without what may differ between two runs of the same thing.
Json without_host(Json json) {
  json.erase("host");
  return json;
}

void require_conserved(const Json& json) {
  const auto cycles = json["cycles"].get<std::int64_t>();
  const auto& config = json["config"];
  const auto pes =
      config["pe_array"]["rows"].get<std::int64_t>() * config["pe_array"]["columns"].get<std::int64_t>();
  REQUIRE(cycles * pes >= json["effective_macs"].get<std::int64_t>());
  const auto bytes = json["dram"]["read_bytes"].get<double>() + json["dram"]["write_bytes"].get<double>();
  REQUIRE(static_cast<double>(cycles) >= bytes / config["dram"]["bytes_per_cycle"].get<double>());
  REQUIRE(json["dram"]["read_bytes"] >= json["memory"]["dram_bytes"]["weights"]);
  double energy = 0;
  for (const auto& [component, count] : json["energy"]["counts"].items()) {
    energy += count.get<double>() * json["energy"]["unit_energies"][component].get<double>();
  }
  REQUIRE(energy == Approx(json["energy"]["total"].get<double>()).epsilon(1e-12));
  for (const auto& [name, unit] : json["units"].items()) {
    std::int64_t total = unit["busy"].get<std::int64_t>() + unit["idle"].get<std::int64_t>();
    for (const auto& stall : unit["stalls"]) total += stall.get<std::int64_t>();
    INFO(name);
    REQUIRE(total == cycles);
  }
}

TEST_CASE(
    "SqueezeNext: SystemC and functional engine give the same output, and two runs the same result.json") {
  const TemporaryFolder folder;
  const auto timed = result_of({"run", "--network", "sqnxt_23v5_1.0"}, folder.path() / "timed");
  REQUIRE(timed["engine_check"] == Json{{"compared", 1}, {"different", 0}});
  REQUIRE(timed["network"] == "sqnxt_23v5_1.0");
  REQUIRE(timed["arch"] == "shift_npu");
  REQUIRE_THAT(timed["calibration"]["source"].get<std::string>(), Contains("synthetic"));
  require_conserved(timed);

  const auto untimed =
      result_of({"run", "--network", "sqnxt_23v5_1.0", "--engine", "functional"}, folder.path() / "f");
  REQUIRE(untimed["output_sha256"] == timed["output_sha256"]);
  REQUIRE(untimed["cycles"].is_null());
  REQUIRE(untimed["macs"] == timed["macs"]);

  // The calibration that the first run saved stands in for calibrating again.
  const auto calibration = (folder.path() / "timed/calibration.json").string();
  const auto again = result_of({"run", "--network", "sqnxt_23v5_1.0", "--calibration", calibration},
                               folder.path() / "again");
  REQUIRE(without_host(again) == without_host(timed));
  REQUIRE(std::filesystem::exists(folder.path() / "timed/report.txt"));
}

TEST_CASE("an exported network gives the same program as the built-in one with the same calibration file") {
  const TemporaryFolder folder;
  const auto at = [&](const char* name) { return (folder.path() / name).string(); };
  const std::string name = "sqnxt_23v5_1.0_cifar";
  REQUIRE(run_tool({"export", name, "-o", at("other_name.onnx")}).exit_code == 0);
  REQUIRE(run_tool({"compile", "--network", name, "-o", at("a.npu"), "--save-calibration", at("cal.json")})
              .exit_code == 0);
  REQUIRE(run_tool({"compile", "--network", at("other_name.onnx"), "--calibration", at("cal.json"), "-o",
                    at("b.npu")})
              .exit_code == 0);
  REQUIRE(read_file(folder.path() / "a.npu") == read_file(folder.path() / "b.npu"));

  // Exporting again gives the same file; a description of something else beside it is not overwritten.
  const auto first = read_file(folder.path() / "other_name.onnx");
  REQUIRE(run_tool({"export", name, "-o", at("other_name.onnx")}).exit_code == 0);
  REQUIRE(read_file(folder.path() / "other_name.onnx") == first);
  const auto refused = run_tool({"export", name, "-o", at("cal.onnx")});
  REQUIRE(refused.exit_code == 2);
  REQUIRE_THAT(refused.errors, Contains("cal.json") && Contains("another network"));
  REQUIRE_FALSE(std::filesystem::exists(folder.path() / "cal.onnx"));
}

TEST_CASE("biases are corrected by default with shifts, and not by default without") {
  const TemporaryFolder folder;
  const auto compiled = [&](const std::string& name, std::vector<std::string> options) {
    const auto path = folder.path() / name;
    options.insert(options.begin(), {"compile", "--network", "sqnxt_23v5_1.0", "-o", path.string()});
    REQUIRE(run_tool(options).exit_code == 0);
    return read_file(path);
  };
  const auto with_shifts = compiled("default.npu", {});
  REQUIRE(with_shifts == compiled("on.npu", {"--bias-correction"}));
  REQUIRE(with_shifts != compiled("off.npu", {"--no-bias-correction"}));
  REQUIRE(compiled("plain.npu", {"--shift-bits", "0"}) ==
          compiled("plain_off.npu", {"--shift-bits", "0", "--no-bias-correction"}));
}

TEST_CASE("a compiled program runs on a machine with slower memory: same output, more cycles") {
  const TemporaryFolder folder;
  const auto program = (folder.path() / "net.npu").string();
  const auto compiled = run_tool({"compile", "--network", "sqnxt_23v5_1.0", "-o", program});
  INFO(compiled.errors);
  REQUIRE(compiled.exit_code == 0);
  const auto inspected = run_tool({"inspect", program, "--arch", "shift_npu"});
  REQUIRE(inspected.exit_code == 0);
  REQUIRE_THAT(inspected.output, Contains("verified") && Contains("runs on shift_npu"));
  const auto listing = run_tool({"disasm", program});
  REQUIRE(listing.exit_code == 0);
  REQUIRE_THAT(listing.output, Contains("CONV") && Contains("HALT"));

  auto machine = Json::parse(run_tool({"archs", "--show", "shift_npu"}).output);
  machine["name"] = "slow_dram";
  machine["dram"]["latency_cycles"] = 1000;
  machine["dram"]["bytes_per_cycle"] = 4;
  const auto slow_file = folder.path() / "slow.json";
  write_file(slow_file, machine.dump(2));
  const auto fast = result_of({"run", "--program", program}, folder.path() / "fast");
  const auto slow =
      result_of({"run", "--program", program, "--arch", slow_file.string()}, folder.path() / "slow");
  REQUIRE(slow["output_sha256"] == fast["output_sha256"]);
  REQUIRE(slow["cycles"] > fast["cycles"]);
  REQUIRE(slow["compatibility_hash"] == fast["compatibility_hash"]);
  REQUIRE(slow["arch_hash"] != fast["arch_hash"]);
  require_conserved(slow);

  const auto printed = run_tool({"run", "--program", program, "--engine", "functional", "--json"});
  REQUIRE(Json::parse(printed.output)["output_sha256"] == fast["output_sha256"]);  // JSON and nothing else

  machine["pe_array"]["rows"] = 8;
  write_file(slow_file, machine.dump(2));
  const auto refused = run_tool({"run", "--program", program, "--arch", slow_file.string()});
  REQUIRE(refused.exit_code == 2);
}

TEST_CASE("a trained network on labelled images: accuracy keys, engines agree, any number of threads") {
  SKIP_WITHOUT_SHARED();
  const TemporaryFolder folder;
  const auto images = (shared_folder() / "images/ilsvrc_val").string();
  const std::vector<std::string> arguments{"run",
                                           "--network",
                                           (shared_folder() / "models/mobilenet_v1_0.25_224.onnx").string(),
                                           "--images",
                                           images,
                                           "--labels",
                                           images + "/labels.csv",
                                           "--limit",
                                           "6",
                                           "--calibration",
                                           (shared_folder() / "images/calibration").string(),
                                           "--calibration-images",
                                           "4"};
  auto one_thread = arguments;
  one_thread.insert(one_thread.end(), {"--threads", "1", "--engine", "functional"});
  const auto first = result_of(one_thread, folder.path() / "one");
  auto many = arguments;
  many.insert(many.end(), {"--threads", "3"});
  const auto second = result_of(many, folder.path() / "many");
  for (const char* key : {"images", "top1", "top5", "float_top1", "float_top5", "agreement"}) {
    INFO(key);
    REQUIRE(second["accuracy"][key].is_number());
  }
  REQUIRE(second["accuracy"]["images"] == 6);
  REQUIRE(second["accuracy"] == first["accuracy"]);
  REQUIRE(second["output_sha256"] == first["output_sha256"]);
  REQUIRE(second["engine_check"] == Json{{"compared", 3}, {"different", 0}});
  REQUIRE(second["accuracy"]["float_top1"] > 0.0);
}

}  // namespace
}  // namespace npu::tests
