// Do the printed and written figures follow from the measured ones, and do the tables fit?
#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "sim/report/format.h"
#include "sim/report/layers_csv.h"
#include "sim/report/result_json.h"
#include "sim/report/tables.h"
#include "sim/report/text_table.h"
#include "sim/report/version.h"
#include "tests/sim/report/sample_report.h"
#include "tests/support.h"

namespace npu::sim {
namespace {

using tests::sample_report;

std::size_t longest_line(const std::string& text) {
  std::istringstream stream(text);
  std::string line;
  std::size_t longest = 0;
  while (std::getline(stream, line)) longest = std::max(longest, line.size());
  return longest;
}

TEST_CASE("derived figures of a hand-made run") {
  const auto report = sample_report();
  const auto summary = summarize(report);
  REQUIRE(summary.macs == 4096);
  REQUIRE(summary.effective_macs == 4096);
  REQUIRE(summary.parameters == 80);
  REQUIRE(summary.layers[0].tiles == 1);
  REQUIRE(summary.layers[0].utilization == Approx(4096.0 / (600.0 * 256.0)));
  REQUIRE(summary.layers[0].dram_bytes == 392);
  REQUIRE(summary.layers[0].energy.total == Approx(392 * 10.0 + 4096 * 0.5));
  const auto& totals = *summary.timed;
  const double picojoules = (392 + 16 + 384) * 10.0 + 4096 * 0.5 + 1024 * 0.25;
  REQUIRE(totals.energy.total == Approx(picojoules));
  REQUIRE(totals.fetch_energy.total == Approx(3840.0));
  REQUIRE(totals.seconds == Approx(1e-6));
  REQUIRE(totals.inferences_per_second == Approx(1e6));
  REQUIRE(totals.utilization == Approx(4096.0 / 256000.0));
  REQUIRE(totals.average_watts.value() == Approx(picojoules * 1e-12 / 1e-6));
  REQUIRE(totals.tops_per_watt.value() == Approx(2.0 * 4096 / (picojoules * 1e-12) / 1e12));
  REQUIRE(totals.energy_delay_joule_seconds.value() == Approx(picojoules * 1e-12 * 1e-6));
}

TEST_CASE("4 bytes of bias and half a byte of shift for each channel, against 9 bytes") {
  const auto data = summarize(sample_report()).data;
  REQUIRE(data.channels == 16);
  REQUIRE(data.channel_bytes == 72);
  REQUIRE(data.per_channel_scheme_bytes == 144);
  REQUIRE(data.shift_share_of_weights == Approx(0.125));
}

TEST_CASE("energies without an absolute unit give no power and no efficiency") {
  auto report = sample_report();
  report.timed->energies.unit = "MAC";
  const auto summary = summarize(report);
  REQUIRE_FALSE(summary.timed->average_watts.has_value());
  const auto json = result_json(report, summary);
  REQUIRE(json["energy"]["tops_per_watt"].is_null());
  REQUIRE(json["energy"]["unit"] == "MAC");
}

TEST_CASE("result.json has the documented keys and its parts add up") {
  const auto report = sample_report();
  const auto json = result_json(report, summarize(report));
  for (const char* key : {"network", "arch",        "arch_hash", "compatibility_hash",
                          "macs",    "parameters",  "cycles",    "seconds",
                          "energy",  "utilization", "dram",      "memory",
                          "layers",  "accuracy",    "config",    "units",
                          "tool",    "calibration", "engine",    "output_sha256"}) {
    INFO(key);
    REQUIRE(json.contains(key));
  }
  for (const char* key : {"name", "op", "dataflow", "macs", "cycles", "stalls", "energy", "dram_bytes"}) {
    INFO(key);
    REQUIRE(json["layers"][0].contains(key));
  }
  REQUIRE(json["accuracy"].is_null());
  REQUIRE(json["arch_hash"] == hw::arch_hash(report.arch));
  double energy = json["energy"]["instruction_fetch"].get<double>();
  std::int64_t cycles = 0;
  for (const auto& layer : json["layers"]) {
    energy += layer["energy"].get<double>();
    cycles += layer["cycles"].get<std::int64_t>();
  }
  REQUIRE(energy == Approx(json["energy"]["total"].get<double>()).epsilon(1e-12));
  REQUIRE(cycles == json["cycles"].get<std::int64_t>());
  double components = 0;
  for (const auto& part : json["energy"]["by_component"]) components += part.get<double>();
  REQUIRE(components == Approx(json["energy"]["total"].get<double>()).epsilon(1e-12));
  REQUIRE(hw::arch_to_json(hw::arch_from_json(nlohmann::json::parse(json["config"].dump()), "config")) ==
          hw::arch_to_json(report.arch));
}

TEST_CASE("layers.csv has a line for each layer and quotes names that need it") {
  auto report = sample_report();
  report.program.layers[0].name = "a,\"b\"";
  const auto csv = layers_csv(report, summarize(report));
  REQUIRE(std::count(csv.begin(), csv.end(), '\n') == 3);
  REQUIRE_THAT(csv, Catch::Contains("0,\"a,\"\"b\"\"\",conv,ws,4096,0,600,600,80,200,"));
}

TEST_CASE("without timing the same keys are there, null") {
  auto report = sample_report();
  report.timed.reset();
  const auto json = result_json(report, summarize(report));
  for (const char* key : {"cycles", "seconds", "energy", "utilization", "dram", "units"}) {
    INFO(key);
    REQUIRE(json.at(key).is_null());
  }
  REQUIRE(json["layers"][0]["cycles"].is_null());
  REQUIRE(json["layers"][0]["saturated"] == 3);
  REQUIRE(json["memory"]["dram_bytes"]["weights"] == 64);
}

TEST_CASE("accuracy keys hold percent, and null for what was not measured") {
  auto report = sample_report();
  report.accuracy = Accuracy{200, 70.5, 90.0, 71.0, 90.5, 97.5, 0.02, -1.5, 0.5, "somewhere"};
  auto json = result_json(report, summarize(report));
  REQUIRE(json["accuracy"]["images"] == 200);
  REQUIRE(json["accuracy"]["top1"] == 70.5);
  REQUIRE(json["accuracy"]["float_top5"] == 90.5);
  REQUIRE(json["accuracy"]["agreement"] == 97.5);
  report.accuracy->top1.reset();
  json = result_json(report, summarize(report));
  REQUIRE(json["accuracy"]["top1"].is_null());
}

TEST_CASE("the layer table fits 160, 120, 100 and 80 columns") {
  const auto report = sample_report();
  const auto summary = summarize(report);
  for (const std::size_t width : {160U, 120U, 100U, 80U}) {
    const auto table = layer_table(report, summary, width);
    INFO(width << "\n" << table);
    REQUIRE(longest_line(table) <= width);
    REQUIRE_THAT(table, Catch::Contains("600") && Catch::Contains("pool") && Catch::Contains("5.97 nJ"));
  }
  REQUIRE_THAT(layer_table(report, summary, 160),
               Catch::Contains("w.load") && Catch::Contains("4x8x8 -> 16x8x8"));
  REQUIRE_THAT(layer_table(report, summary, 80), !Catch::Contains("w.load") && Catch::Contains("stalls"));
}

TEST_CASE("an untimed layer table shows saturation instead of time") {
  auto report = sample_report();
  report.timed.reset();
  const auto table = layer_table(report, summarize(report), 160);
  REQUIRE_THAT(table, Catch::Contains("saturated") && !Catch::Contains("cycles"));
}

TEST_CASE("totals name cycles, time, energy, power, memory and per-channel data") {
  const auto report = sample_report();
  const auto text = totals_text(report, summarize(report));
  for (const char* part :
       {"1,000  =  0.001 ms at 1.00 GHz", "10.2 nJ", "TOPS/W", "dram 7.92 nJ (77.5 %)",
        "weight_sram 136 B of 64 KiB", "biases and shifts 72 B for 16 channels (4.5 bytes each)",
        "12.50 % of the weights"}) {
    INFO(text);
    REQUIRE_THAT(text, Catch::Contains(part));
  }
}

TEST_CASE("numbers are written for people") {
  REQUIRE(with_separators(0) == "0");
  REQUIRE(with_separators(999) == "999");
  REQUIRE(with_separators(-1234567) == "-1,234,567");
  REQUIRE(with_prefix(0) == "0");
  REQUIRE(with_prefix(37) == "37");
  REQUIRE(with_prefix(1250000) == "1.25 M");
  REQUIRE(with_prefix(999960) == "1.00 M");
  REQUIRE(with_prefix(0.0031, "J") == "3.10 mJ");
  REQUIRE(with_prefix(12.34e-6, "J") == "12.3 uJ");
  REQUIRE(with_prefix(-2000.0) == "-2.00 k");
  REQUIRE(bytes_text(37) == "37 B");
  REQUIRE(bytes_text(131072) == "128 KiB");
  REQUIRE(bytes_text(1536) == "1.50 KiB");
  REQUIRE(percent_text(0.12345) == "12.3 %");
}

TEST_CASE("long and unprintable names are cut and made harmless") {
  REQUIRE(shortened("convolution", 6) == "conv..");
  REQUIRE(shortened("convolution", 11) == "convolution");
  REQUIRE(shortened("\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4", 3) == "\xC3\xA4..");
  TextTable table({{"name", false, true}, {"value", true}});
  table.add_row({"evil\x1b[2Jname", "1"});
  REQUIRE_THAT(table.render(80), Catch::Contains("evil?[2Jname"));
}

TEST_CASE("the version is the project's and the revision is known or says that it is not") {
  REQUIRE_THAT(tool_version(), Catch::Matches("[0-9]+\\.[0-9]+\\.[0-9]+"));
  REQUIRE_THAT(git_revision(), Catch::Matches("unknown|[0-9a-f]{12,}(-dirty)?"));
}

}  // namespace
}  // namespace npu::sim
