// Are ranges and means gathered as they are, and does the calibration file keep them or say what is wrong
// with it?
#include <cmath>

#include "compiler/quant/calibration.h"
#include "hw/common/error.h"
#include "hw/common/file.h"
#include "hw/common/json_reader.h"
#include "tests/compiler/data/graph_builder.h"

using namespace npu;
using namespace npu::compiler;
using namespace npu::tests;

namespace {

struct Fixture {
  GraphBuilder builder{{3, 6, 5}, 1};
  Graph graph = builder.finish(builder.conv(builder.conv("input", 4, window(3), 1, relu()), 2, window(1)));
  std::vector<std::vector<float>> inputs{builder.random_input(), builder.random_input(-2, 0.5F),
                                         builder.random_input()};

  Calibration calibrated() const {
    return calibrate(graph, static_cast<std::int64_t>(inputs.size()), "three random inputs",
                     [&](std::int64_t i) { return inputs[static_cast<std::size_t>(i)]; });
  }
};

}  // namespace

TEST_CASE("calibration finds each value's extremes and channel means over all inputs") {
  const Fixture fixture;
  const auto calibration = fixture.calibrated();
  CHECK(calibration.inputs == 3);
  CHECK(calibration.source == "three random inputs");
  const auto shapes = infer_shapes(fixture.graph);
  CHECK(calibration.values.size() == shapes.size());
  for (const auto& [value, shape] : shapes) {
    INFO(value);
    std::vector<double> all;
    std::vector<double> mean(static_cast<std::size_t>(shape.channels), 0.0);
    std::vector<double> low(mean.size(), INFINITY), high(mean.size(), -INFINITY);
    for (const auto& input : fixture.inputs) {
      const auto found = evaluate_naively(fixture.graph, input).at(value);
      for (std::size_t i = 0; i < found.size(); ++i) {
        const std::size_t channel = i * mean.size() / found.size();
        mean[channel] += found[i] * static_cast<double>(mean.size()) / static_cast<double>(3 * found.size());
        low[channel] = std::min<double>(low[channel], found[i]);
        high[channel] = std::max<double>(high[channel], found[i]);
      }
      all.insert(all.end(), found.begin(), found.end());
    }
    const auto& statistics = calibration.values.at(value);
    CHECK(statistics.minimum == Approx(*std::min_element(all.begin(), all.end())).margin(1e-5));
    CHECK(statistics.maximum == Approx(*std::max_element(all.begin(), all.end())).margin(1e-5));
    REQUIRE(statistics.channel_mean.size() == mean.size());
    for (std::size_t c = 0; c < mean.size(); ++c) {
      CHECK(statistics.channel_mean[c] == Approx(mean[c]).margin(1e-5));
      CHECK(statistics.channel_minimum[c] == Approx(low[c]).margin(1e-5));
      CHECK(statistics.channel_maximum[c] == Approx(high[c]).margin(1e-5));
    }
  }
}

TEST_CASE("progress counts the inputs, and no inputs or inputs that are not numbers are refused") {
  const Fixture fixture;
  std::vector<std::int64_t> seen;
  calibrate(
      fixture.graph, 2, "x", [&](std::int64_t) { return fixture.inputs[0]; },
      [&](std::int64_t done) { seen.push_back(done); });
  CHECK(seen == std::vector<std::int64_t>{1, 2});
  CHECK_THROWS_AS(calibrate(fixture.graph, 0, "an empty folder", {}), InputError);
  CHECK_THROWS_WITH(calibrate(fixture.graph, 0, "an empty folder", {}), Catch::Contains("an empty folder"));
  auto bad = fixture.inputs[0];
  bad[7] = NAN;
  CHECK_THROWS_AS(calibrate(fixture.graph, 1, "x", [&](std::int64_t) { return bad; }), GraphError);
}

TEST_CASE(
    "a saved calibration comes back the same to the last bit, and the same calibration gives the same file") {
  const Fixture fixture;
  TemporaryFolder folder;
  const auto calibration = fixture.calibrated();
  save_calibration(calibration, folder.path() / "a.json");
  const auto loaded = load_calibration(folder.path() / "a.json", fixture.graph);
  CHECK(loaded.network == calibration.network);
  CHECK(loaded.source == calibration.source);
  CHECK(loaded.inputs == calibration.inputs);
  REQUIRE(loaded.values.size() == calibration.values.size());
  for (const auto& [name, statistics] : calibration.values) {
    CHECK(loaded.values.at(name).minimum == statistics.minimum);
    CHECK(loaded.values.at(name).maximum == statistics.maximum);
    CHECK(loaded.values.at(name).channel_mean == statistics.channel_mean);
    CHECK(loaded.values.at(name).channel_minimum == statistics.channel_minimum);
    CHECK(loaded.values.at(name).channel_maximum == statistics.channel_maximum);
  }
  save_calibration(fixture.calibrated(), folder.path() / "b.json");
  CHECK(read_text_file(folder.path() / "a.json") == read_text_file(folder.path() / "b.json"));
}

TEST_CASE("every fault of a calibration file is a ConfigError with its place") {
  const Fixture fixture;
  TemporaryFolder folder;
  const auto path = folder.path() / "c.json";
  save_calibration(fixture.calibrated(), path);
  const auto good = read_json_file(path);
  const auto check = [&](const char* what, const auto& damage, const char* pointer) {
    INFO(what);
    nlohmann::json json = good;
    damage(json);
    write_file(path, json.dump());
    try {
      load_calibration(path, fixture.graph);
      FAIL_CHECK("accepted");
    } catch (const ConfigError& error) {
      CHECK(error.pointer() == pointer);
      CHECK(error.file() == path.string());
    }
  };
  check(
      "version", [](auto& j) { j["schema_version"] = 99; }, "/schema_version");
  check(
      "no inputs", [](auto& j) { j["inputs"] = 0; }, "/inputs");
  check(
      "unknown key", [](auto& j) { j["extra"] = 0; }, "/extra");
  check(
      "unknown key of a value", [](auto& j) { j["values"][1]["median"] = 0; }, "/values/1/median");
  check(
      "value of another network", [](auto& j) { j["values"][1]["name"] = "conv99"; }, "/values/1/name");
  check(
      "value twice", [](auto& j) { j["values"].push_back(j["values"][0]); }, "/values/3/name");
  check(
      "value missing", [](auto& j) { j["values"].erase(0); }, "/values");
  check(
      "minimum above maximum", [](auto& j) { j["values"][0]["minimum"] = 1e9; }, "/values/0/maximum");
  check(
      "range not a number", [](auto& j) { j["values"][0]["maximum"] = nullptr; }, "/values/0/maximum");
  check(
      "too large", [](auto& j) { j["values"][0]["maximum"] = 1e39; }, "/values/0/maximum");
  check(
      "channels", [](auto& j) { j["values"][0]["channel_mean"].push_back(0); }, "/values/0/channel_mean");
  write_file(path, std::string_view("{\"schema_version\": 1,"));
  CHECK_THROWS_AS(load_calibration(path, fixture.graph), ConfigError);
  CHECK_THROWS_AS(load_calibration(folder.path() / "absent.json", fixture.graph), InputError);
}
