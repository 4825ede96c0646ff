#include "sim/explore/sweep_spec.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "hw/common/json_reader.h"
#include "sim/explore/json_number.h"
#include "sim/explore/metrics.h"

namespace npu::sim {
namespace {

constexpr std::int64_t kAxisValuesLimit = 100'000;
constexpr std::int64_t kPointsLimit = 100'000'000;
constexpr std::int64_t kImagesLimit = 10'000'000;
constexpr std::int64_t kCalibrationImagesLimit = 100'000;

nlohmann::json::json_pointer read_pointer(const JsonReader& reader, const std::string& key,
                                          const std::string& text) {
  try {
    nlohmann::json::json_pointer pointer(text);
    if (!pointer.empty()) return pointer;
  } catch (const nlohmann::json::parse_error&) {  // the same fault for the user
  }
  reader.fail(key, "'" + text + "'", "a JSON pointer into the machine, such as '/pe_array/rows'");
}

// {"from": a, "to": b, "step": s} or {"from": a, "to": b, "multiply_by": m}; both ends belong to the range.
std::vector<nlohmann::json> read_range(JsonReader range) {
  constexpr double kLargest = 1e18;
  constexpr double kSlack = 1e-6;  // rounding must not lose the range's end
  const double from = range.number("from", -kLargest, kLargest);
  const double to = range.number("to", from, kLargest);
  std::vector<nlohmann::json> values;
  const auto add = [&](double value) {
    if (static_cast<std::int64_t>(values.size()) == kAxisValuesLimit) {
      range.fail("", "a range of too many values", fmt::format("at most {}", kAxisValuesLimit));
    }
    values.push_back(json_number(value));
  };
  if (range.has("multiply_by")) {
    if (range.has("step")) range.fail("", "both 'step' and 'multiply_by'", "one of them");
    if (from <= 0)
      range.fail("from", fmt::format("{}", from), "a number above 0, because the range multiplies");
    const double factor = range.number("multiply_by", 1.001, kLargest);
    for (double value = from; value <= to * (1 + kSlack); value *= factor) add(value);
  } else {
    const double step = range.number("step", 1e-12, kLargest);
    for (std::int64_t index = 0; from + static_cast<double>(index) * step <= to + step * kSlack; ++index) {
      add(from + static_cast<double>(index) * step);
    }
  }
  range.finish();
  return values;
}

std::vector<nlohmann::json> read_values(JsonReader& axis) {
  if (axis.has("values") == axis.has("range")) {
    axis.fail("", axis.has("range") ? "both 'values' and 'range'" : "neither 'values' nor 'range'",
              "one of them");
  }
  if (axis.has("range")) return read_range(axis.child("range"));
  const nlohmann::json& list = axis.raw("values", "an array of values");
  if (!list.is_array() || list.empty()) {
    axis.fail("values", list.is_array() ? "an empty array" : list.type_name(),
              "an array with at least one value");
  }
  std::vector<nlohmann::json> values(list.begin(), list.end());
  for (std::size_t index = 0; index < values.size(); ++index) {
    if (std::find(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(index), values[index]) !=
        values.begin() + static_cast<std::ptrdiff_t>(index)) {
      throw ConfigError(axis.file(), fmt::format("{}/values/{}", axis.pointer(), index), values[index].dump(),
                        "each value once");
    }
  }
  return values;
}

// "set": an array of pointers that take the axis value, or an object pointer -> expression, value or null.
std::vector<Setting> read_settings(JsonReader& axis) {
  if (axis.has("pointer") == axis.has("set")) {
    axis.fail("", axis.has("set") ? "both 'pointer' and 'set'" : "neither 'pointer' nor 'set'",
              "one of them");
  }
  if (axis.has("pointer"))
    return {{read_pointer(axis, "pointer", axis.string("pointer")), Setting::Kind::kValue, {}}};
  const nlohmann::json& set = axis.raw("set", "an object or array of JSON pointers");
  std::vector<Setting> settings;
  if (set.is_array()) {
    for (const std::string& text : axis.strings("set")) {
      settings.push_back({read_pointer(axis, "set", text), Setting::Kind::kValue, {}});
    }
  } else if (set.is_object()) {
    for (const auto& [text, value] : set.items()) {
      Setting setting{read_pointer(axis, "set", text), Setting::Kind::kRemove, {}};
      if (value.is_string()) {
        setting.kind = Setting::Kind::kExpression;
        setting.expression = std::make_shared<const Expression>(value.get<std::string>(), axis.file(),
                                                                axis.pointer() + "/set");
      } else if (!value.is_null()) {
        axis.fail("set", fmt::format("'{}': {}", text, value.dump()),
                  "an expression (text), or null to remove the key");
      }
      settings.push_back(std::move(setting));
    }
  }
  if (settings.empty()) axis.fail("set", set.dump(), "at least one JSON pointer");
  return settings;
}

std::string default_name(const std::vector<Setting>& settings) {
  std::string name = settings.front().pointer.to_string().substr(1);
  std::replace(name.begin(), name.end(), '/', '.');
  return name;
}

Axis read_axis(JsonReader reader) {
  Axis axis;
  axis.pointer = reader.pointer();
  axis.values = read_values(reader);
  axis.settings = read_settings(reader);
  axis.name = reader.string_or("name", default_name(axis.settings));
  reader.finish();
  return axis;
}

Sampling read_sampling(JsonReader reader) {
  Sampling sampling;
  sampling.method =
      reader.choice<SamplingMethod>("method", {{"cartesian", SamplingMethod::kCartesian},
                                               {"random", SamplingMethod::kRandom},
                                               {"latin_hypercube", SamplingMethod::kLatinHypercube},
                                               {"search", SamplingMethod::kSearch}});
  if (sampling.method != SamplingMethod::kCartesian) {
    sampling.points = reader.integer("points", 1, kPointsLimit);
    sampling.seed = static_cast<std::uint64_t>(reader.integer_or("seed", 1, 0, INT64_MAX));
  }
  if (sampling.method == SamplingMethod::kSearch) {
    sampling.population = static_cast<int>(reader.integer_or("population", sampling.population, 4, 100'000));
  }
  reader.finish();
  return sampling;
}

Confirmation read_confirmation(JsonReader reader) {
  Confirmation confirmation;
  confirmation.front = reader.boolean_or("front", confirmation.front);
  confirmation.random_points =
      reader.integer_or("random_points", confirmation.random_points, 0, kPointsLimit);
  reader.finish();
  return confirmation;
}

// A metric that needs images must not be asked for without them.
void require_accuracy_settings(const SweepSpec& spec) {
  if (spec.accuracy) return;
  const std::string name = metrics()[static_cast<std::size_t>(Metric::kAccuracy)].name;
  const std::string expected = "'" + name + "' only with the key 'accuracy', which names images";
  if (std::find(spec.objectives.begin(), spec.objectives.end(), name) != spec.objectives.end()) {
    throw ConfigError(spec.file, "/objectives", "'" + name + "'", expected);
  }
  for (std::size_t index = 0; index < spec.constraints.size(); ++index) {
    const auto& names = spec.constraints[index].variables();
    if (std::find(names.begin(), names.end(), name) != names.end()) {
      throw ConfigError(spec.file, "/constraints/" + std::to_string(index), "'" + name + "'", expected);
    }
  }
}

std::vector<std::string> read_names(JsonReader& reader, const std::string& key) {
  std::vector<std::string> names = reader.strings(key);
  if (names.empty()) reader.fail(key, "an empty array", "at least one name");
  std::set<std::string> seen;
  for (const std::string& name : names) {
    if (!seen.insert(name).second) reader.fail(key, "'" + name + "' twice", "each name once");
  }
  return names;
}

// A table has a column for each axis beside these and the metrics.
bool is_column(const std::string& name) {
  constexpr std::array kColumns{"point",  "network",  "architecture", "engine",
                                "status", "on_front", "message"};
  return find_metric(name) != nullptr || std::find(kColumns.begin(), kColumns.end(), name) != kColumns.end();
}

// Two axes that write the same field, or one what the other's field is part of: the second would hide the
// first.
void check_axis_fields(const SweepSpec& spec) {
  std::vector<std::pair<std::string, const Axis*>> written;
  for (const Axis& axis : spec.axes) {
    for (const Setting& setting : axis.settings) {
      const std::string field = setting.pointer.to_string();
      for (const auto& [other, owner] : written) {
        const bool same = (field + "/").starts_with(other + "/") || (other + "/").starts_with(field + "/");
        if (!same) continue;
        throw ConfigError(
            spec.file, axis.pointer,
            fmt::format("'{}', which the axis '{}' sets, too ('{}')", field, owner->name, other),
            "fields that no other axis sets");
      }
      written.emplace_back(field, &axis);
    }
  }
}

void check_axis_names(const SweepSpec& spec) {
  std::vector<std::string> names;
  for (const Axis& axis : spec.axes) {
    if (is_column(axis.name)) {
      throw ConfigError(spec.file, axis.pointer, "an axis named '" + axis.name + "'",
                        "a name that no metric and no column of the results has");
    }
    if (std::find(names.begin(), names.end(), axis.name) != names.end()) {
      throw ConfigError(spec.file, axis.pointer, "a second axis '" + axis.name + "'",
                        "axes with different names");
    }
    names.push_back(axis.name);
  }
  for (const Axis& axis : spec.axes) {
    for (const Setting& setting : axis.settings) {
      if (setting.expression) setting.expression->require_known(names);
    }
  }
}

}  // namespace

nlohmann::json to_json(const AccuracySettings& settings) {
  nlohmann::json json{{"images", settings.images}, {"calibration_images", settings.calibration_images}};
  if (!settings.labels.empty()) json["labels"] = settings.labels;
  if (settings.limit > 0) json["limit"] = settings.limit;
  if (!settings.calibration.empty()) json["calibration"] = settings.calibration;
  if (!settings.scheme.empty()) json["scheme"] = settings.scheme;
  return json;
}

AccuracySettings accuracy_settings_from_json(const nlohmann::json& json, const std::string& file,
                                             const std::string& pointer) {
  JsonReader reader(file, json, pointer);
  AccuracySettings settings;
  settings.images = reader.string("images");
  settings.labels = reader.string_or("labels", "");
  if (reader.has("limit")) settings.limit = reader.integer("limit", 1, kImagesLimit);
  settings.calibration = reader.string_or("calibration", "");
  settings.calibration_images =
      reader.integer_or("calibration_images", settings.calibration_images, 1, kCalibrationImagesLimit);
  settings.scheme = reader.string_or("scheme", "");
  reader.finish();
  return settings;
}

SweepSpec sweep_from_json(const nlohmann::json& json, const std::string& file) {
  JsonReader reader(file, json);
  reader.integer("schema_version", 1, 1);
  SweepSpec spec;
  spec.file = file;
  spec.source = json;
  spec.name = reader.string("name");
  spec.description = reader.string_or("description", "");
  spec.architectures = read_names(reader, "architectures");
  spec.networks = read_names(reader, "networks");
  if (reader.has("axes")) {
    for (JsonReader& axis : reader.children("axes")) spec.axes.push_back(read_axis(std::move(axis)));
  }
  check_axis_names(spec);
  check_axis_fields(spec);
  if (reader.has("constraints")) {
    const std::vector<std::string> texts = reader.strings("constraints");
    for (std::size_t index = 0; index < texts.size(); ++index) {
      spec.constraints.emplace_back(texts[index], file, "/constraints/" + std::to_string(index));
    }
  }
  spec.objectives = read_names(reader, "objectives");
  for (const std::string& objective : spec.objectives) {
    if (find_metric(objective) == nullptr) {
      reader.fail("objectives", "'" + objective + "'",
                  fmt::format("one of {}", fmt::join(metric_names(), ", ")));
    }
  }
  if (reader.has("front_of")) {
    spec.joint_front = reader.choice<bool>("front_of", {{"each_network", false}, {"all_networks", true}});
  }
  if (reader.has("sampling")) spec.sampling = read_sampling(reader.child("sampling"));
  if (reader.has("confirmation")) spec.confirmation = read_confirmation(reader.child("confirmation"));
  if (reader.has("accuracy")) {
    spec.accuracy = accuracy_settings_from_json(reader.raw("accuracy", "an object"), spec.file, "/accuracy");
  }
  reader.finish();
  require_accuracy_settings(spec);
  return spec;
}

SweepSpec load_sweep(const std::filesystem::path& path) {
  return sweep_from_json(read_json_file(path), path.string());
}

}  // namespace npu::sim
