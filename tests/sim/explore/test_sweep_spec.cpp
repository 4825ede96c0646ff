#include <functional>

#include "hw/common/error.h"
#include "tests/sim/explore/sample_sweep.h"
#include "tests/support.h"

using namespace npu;
using nlohmann::json;

namespace {

// Expects one ConfigError at `pointer` whose text contains `part`.
void check_refused(const std::function<void(json&)>& change, const std::string& pointer,
                   const std::string& part) {
  json sweep = tests::sample_sweep_json();
  change(sweep);
  INFO(sweep.dump());
  try {
    sim::sweep_from_json(sweep, "sweep.json");
    FAIL("accepted");
  } catch (const ConfigError& error) {
    CHECK(error.pointer() == pointer);
    CHECK_THAT(error.what(), Catch::Contains(part) && Catch::Contains("sweep.json"));
  }
}

}  // namespace

TEST_CASE("a sweep file is read with its defaults") {
  const sim::SweepSpec spec = sim::sweep_from_json(tests::sample_sweep_json(), "sweep.json");
  REQUIRE(spec.axes.size() == 2);
  CHECK(spec.axes[0].name == "pe");
  CHECK(spec.axes[0].settings.size() == 3);
  CHECK(spec.axes[1].values == std::vector<json>{8, 16});
  CHECK(spec.sampling.method == sim::SamplingMethod::kCartesian);
  CHECK(spec.confirmation.front);
}

TEST_CASE("ranges hold both ends, and integers stay integers") {
  json sweep = tests::sample_sweep_json();
  const auto values = [&](const json& range) {
    sweep["axes"][1]["range"] = range;
    return json(sim::sweep_from_json(sweep, "s").axes[1].values).dump();
  };
  CHECK(values({{"from", 4}, {"to", 64}, {"multiply_by", 2}}) == "[4,8,16,32,64]");
  CHECK(values({{"from", 4}, {"to", 64}, {"multiply_by", 3}}) == "[4,12,36]");
  CHECK(values({{"from", 1}, {"to", 2}, {"step", 0.25}}) == "[1,1.25,1.5,1.75,2]");
  CHECK(values({{"from", 0.1}, {"to", 0.3}, {"step", 0.1}}).find("0.3") != std::string::npos);
  CHECK(values({{"from", 5}, {"to", 5}, {"step", 1}}) == "[5]");
}

TEST_CASE("an axis without a name is named after its field") {
  json sweep = tests::sample_sweep_json();
  sweep["axes"][1].erase("name");
  CHECK(sim::sweep_from_json(sweep, "s").axes[1].name == "dram.bytes_per_cycle");
}

TEST_CASE("faults of a sweep file are refused at their place") {
  check_refused([](json& s) { s["axes"][0]["values"] = json::array(); }, "/axes/0/values", "empty");
  check_refused([](json& s) { s["axes"][0]["values"] = {4, 8, 4}; }, "/axes/0/values/2", "once");
  check_refused([](json& s) { s["axes"][0].erase("values"); }, "/axes/0", "neither 'values' nor 'range'");
  check_refused([](json& s) { s["axes"][0].erase("set"); }, "/axes/0", "neither 'pointer' nor 'set'");
  check_refused([](json& s) { s["axes"][0]["set"] = json::object(); }, "/axes/0/set", "at least one");
  check_refused([](json& s) { s["axes"][0]["set"]["/a"] = "pee"; }, "/axes/0/set", "'pee'");
  check_refused([](json& s) { s["axes"][0]["set"]["/a"] = 7; }, "/axes/0/set", "expression");
  check_refused([](json& s) { s["axes"][1]["pointer"] = "dram"; }, "/axes/1/pointer", "JSON pointer");
  check_refused([](json& s) { s["axes"][1]["pointer"] = "/dram/~2"; }, "/axes/1/pointer", "JSON pointer");
  check_refused([](json& s) { s["axes"][1]["name"] = "pe"; }, "/axes/1", "second axis 'pe'");
  check_refused([](json& s) { s["axes"][1]["range"]["to"] = 4; }, "/axes/1/range/to", "4");
  check_refused([](json& s) { s["axes"][1]["range"]["from"] = 0; }, "/axes/1/range/from", "above 0");
  check_refused([](json& s) { s["axes"][1]["range"]["step"] = 1; }, "/axes/1/range", "both");
  check_refused(
      [](json& s) {
        s["axes"][1]["range"] = {{"from", 0}, {"to", 1e9}, {"step", 1}};
      },
      "/axes/1/range", "too many");
  check_refused([](json& s) { s["networks"] = json::array(); }, "/networks", "empty");
  check_refused([](json& s) { s["networks"] = {"one", "one"}; }, "/networks", "twice");
  check_refused([](json& s) { s["objectives"] = {"speed"}; }, "/objectives", "energy");
  check_refused([](json& s) { s["constraints"] = {"pe <"}; }, "/constraints/0", "expression");
  check_refused(
      [](json& s) {
        s["sampling"] = {{"method", "guess"}};
      },
      "/sampling/method", "latin_hypercube");
  check_refused([](json& s) { s["sampling"] = {{"method", "random"}}; }, "/sampling/points", "no such key");
  check_refused([](json& s) { s["colour"] = "red"; }, "/colour", "unknown");
  check_refused([](json& s) { s["axes"][0]["vlaues"] = 1; }, "/axes/0/vlaues", "unknown");
  check_refused([](json& s) { s["schema_version"] = 2; }, "/schema_version", "2");
}
