// The calibration file: JSON with schema_version 2, network, source, inputs, and for each value of the
// canonical graph its name, minimum, maximum, channel_mean, channel_minimum and channel_maximum. Numbers are
// written so that reading gives the same floats.
#include <fmt/core.h>

#include <cmath>
#include <limits>

#include "compiler/quant/calibration.h"
#include "hw/common/file.h"
#include "hw/common/json_reader.h"

namespace npu::compiler {
namespace {

constexpr int kSchemaVersion = 2;
constexpr double kLargest = std::numeric_limits<float>::max();

std::vector<float> read_by_channel(JsonReader& reader, const char* key, std::int64_t channels) {
  std::vector<float> result;
  for (const double value : reader.numbers(key, static_cast<std::size_t>(channels), -kLargest, kLargest)) {
    result.push_back(static_cast<float>(value));
  }
  return result;
}

ValueStatistics read_statistics(JsonReader& reader, std::int64_t channels) {
  ValueStatistics statistics;
  statistics.minimum = static_cast<float>(reader.number("minimum", -kLargest, kLargest));
  statistics.maximum = static_cast<float>(reader.number("maximum", -kLargest, kLargest));
  if (statistics.minimum > statistics.maximum) {
    reader.fail("maximum", fmt::format("{}", statistics.maximum),
                fmt::format("at least the minimum, {}", statistics.minimum));
  }
  statistics.channel_mean = read_by_channel(reader, "channel_mean", channels);
  statistics.channel_minimum = read_by_channel(reader, "channel_minimum", channels);
  statistics.channel_maximum = read_by_channel(reader, "channel_maximum", channels);
  return statistics;
}

}  // namespace

void save_calibration(const Calibration& calibration, const std::filesystem::path& path) {
  nlohmann::json values = nlohmann::json::array();
  for (const auto& [name, statistics] : calibration.values) {
    values.push_back({{"name", name},
                      {"minimum", statistics.minimum},
                      {"maximum", statistics.maximum},
                      {"channel_mean", statistics.channel_mean},
                      {"channel_minimum", statistics.channel_minimum},
                      {"channel_maximum", statistics.channel_maximum}});
  }
  const nlohmann::json json{{"schema_version", kSchemaVersion},
                            {"network", calibration.network},
                            {"source", calibration.source},
                            {"inputs", calibration.inputs},
                            {"values", values}};
  write_file(path, json.dump(1) + "\n");
}

Calibration calibration_from_json(const nlohmann::json& json, const std::string& file,
                                  const Graph& canonical) {
  JsonReader reader(file, json);
  reader.integer("schema_version", kSchemaVersion, kSchemaVersion);
  Calibration calibration;
  calibration.network = reader.string("network");
  calibration.source = reader.string("source");
  calibration.inputs = reader.integer("inputs", 1, std::numeric_limits<std::int64_t>::max());
  const ShapeMap shapes = infer_shapes(canonical);
  for (JsonReader& value : reader.children("values")) {
    const std::string name = value.string("name");
    const auto shape = shapes.find(name);
    if (shape == shapes.end()) {
      value.fail("name", "'" + name + "'", "a value of network '" + canonical.name + "'");
    }
    if (calibration.values.contains(name))
      value.fail("name", "'" + name + "' a second time", "each value once");
    calibration.values[name] = read_statistics(value, shape->second.channels);
    value.finish();
  }
  reader.finish();
  for (const auto& [name, shape] : shapes) {
    if (!calibration.values.contains(name)) {
      reader.fail("values", "no entry for '" + name + "'", "every value of network '" + canonical.name + "'");
    }
  }
  return calibration;
}

Calibration load_calibration(const std::filesystem::path& path, const Graph& canonical) {
  return calibration_from_json(read_json_file(path), path.string(), canonical);
}

}  // namespace npu::compiler
