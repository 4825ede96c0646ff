#include "sim/explore/design_space.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "hw/common/error.h"
#include "sim/explore/json_number.h"
#include "sim/explore/metrics.h"

namespace npu::sim {
namespace {

constexpr std::int64_t kSizeLimit = std::int64_t{1} << 62;

double axis_number(const std::map<std::string, nlohmann::json>& values, const std::string& name) {
  const nlohmann::json& value = values.at(name);
  return value.is_number() ? value.get<double>() : std::nan("");
}

// Does `pointer` name the value at `place` or something that holds it?
bool is_at_or_above(const std::string& pointer, const std::string& place) {
  return !pointer.empty() && (place + "/").starts_with(pointer + "/");
}

void flatten(const nlohmann::json& json, const std::string& prefix, std::map<std::string, double>& numbers) {
  for (const auto& [key, value] : json.items()) {
    const std::string name = prefix.empty() ? key : prefix + "." + key;
    if (value.is_object()) flatten(value, name, numbers);
    if (value.is_number()) numbers[name] = value.get<double>();
  }
}

}  // namespace

DesignSpace::DesignSpace(SweepSpec spec, std::vector<nlohmann::json> bases)
    : spec_(std::move(spec)), bases_(std::move(bases)) {
  NPU_CHECK(bases_.size() == spec_.architectures.size(), "one JSON for each architecture");
  dimensions_.push_back(static_cast<std::int64_t>(bases_.size()));
  for (const Axis& axis : spec_.axes) dimensions_.push_back(static_cast<std::int64_t>(axis.values.size()));
  dimensions_.push_back(static_cast<std::int64_t>(spec_.networks.size()));
  size_ = 1;
  for (const std::int64_t dimension : dimensions_) {
    if (size_ > kSizeLimit / dimension) {
      throw ConfigError(spec_.file, "/axes", "a space of more than 2^62 points", "fewer axes or values");
    }
    size_ *= dimension;
  }
  check_pointers();
  check_constraints();
}

DesignPoint DesignSpace::point(std::int64_t index) const {
  NPU_CHECK(index >= 0 && index < size_, "the index of a point lies in the space");
  DesignPoint point;
  point.index = index;
  std::vector<std::size_t> coordinates(dimensions_.size());
  for (std::size_t dimension = dimensions_.size(); dimension-- > 0;) {
    coordinates[dimension] = static_cast<std::size_t>(index % dimensions_[dimension]);
    index /= dimensions_[dimension];
  }
  point.architecture = coordinates.front();
  point.network = coordinates.back();
  point.values.assign(coordinates.begin() + 1, coordinates.end() - 1);
  return point;
}

std::int64_t DesignSpace::index_of(const std::vector<std::int64_t>& coordinates) const {
  NPU_CHECK(coordinates.size() == dimensions_.size(), "one coordinate for each dimension");
  std::int64_t index = 0;
  for (std::size_t dimension = 0; dimension < dimensions_.size(); ++dimension) {
    index = index * dimensions_[dimension] + coordinates[dimension];
  }
  return index;
}

std::map<std::string, nlohmann::json> DesignSpace::axis_values(const DesignPoint& point) const {
  std::map<std::string, nlohmann::json> values;
  for (std::size_t axis = 0; axis < spec_.axes.size(); ++axis) {
    values[spec_.axes[axis].name] = spec_.axes[axis].values[point.values[axis]];
  }
  return values;
}

nlohmann::json DesignSpace::arch_json(const DesignPoint& point) const {
  nlohmann::json arch = bases_[point.architecture];
  const auto values = axis_values(point);
  for (const Axis& axis : spec_.axes) apply(axis, values.at(axis.name), values, arch);
  return arch;
}

void DesignSpace::apply(const Axis& axis, const nlohmann::json& value,
                        const std::map<std::string, nlohmann::json>& values, nlohmann::json& arch) const {
  for (const Setting& setting : axis.settings) {
    try {
      if (setting.kind == Setting::Kind::kRemove) {
        nlohmann::json& parent = arch.at(setting.pointer.parent_pointer());
        if (parent.is_object()) parent.erase(setting.pointer.back());
      } else if (setting.kind == Setting::Kind::kExpression) {
        arch[setting.pointer] = json_number(
            setting.expression->evaluate([&](const std::string& name) { return axis_number(values, name); }));
      } else {
        arch[setting.pointer] = value;
      }
    } catch (const nlohmann::json::exception&) {
      throw ConfigError(spec_.file, axis.pointer,
                        "'" + setting.pointer.to_string() + "', which no machine has",
                        "a JSON pointer to a field of the machine");
    }
  }
}

// A pointer is wrong if the reader of machines refuses it, for every value of its axis, at that very place.
void DesignSpace::check_pointers() const {
  for (const nlohmann::json& base : bases_) {
    for (std::size_t axis = 0; axis < spec_.axes.size(); ++axis) {
      DesignPoint first;
      first.values.assign(spec_.axes.size(), 0);
      std::string fault;
      for (const nlohmann::json& value : spec_.axes[axis].values) {
        auto values = axis_values(first);
        values[spec_.axes[axis].name] = value;
        nlohmann::json arch = base;
        apply(spec_.axes[axis], value, values, arch);
        fault.clear();
        try {
          hw::arch_from_json(arch, "machine");
        } catch (const ConfigError& error) {
          for (const Setting& setting : spec_.axes[axis].settings) {
            if (is_at_or_above(error.pointer(), setting.pointer.to_string())) fault = error.what();
          }
        }
        if (fault.empty()) break;
      }
      if (fault.empty()) continue;
      throw ConfigError(spec_.file, spec_.axes[axis].pointer, fmt::format("no usable value ({})", fault),
                        "a field of the machine and values that it can have");
    }
  }
}

void DesignSpace::check_constraints() const {
  const auto numbers = machine_numbers(hw::arch_from_json(bases_.front(), spec_.architectures.front()));
  std::vector<std::string> names;
  for (const Axis& axis : spec_.axes) {
    names.push_back(axis.name);
    std::string field = axis.settings.front().pointer.to_string().substr(1);
    std::replace(field.begin(), field.end(), '/', '.');
    if (!numbers.contains(axis.name) || axis.name == field) continue;
    throw ConfigError(spec_.file, axis.pointer,
                      fmt::format("an axis named '{}', like another number of the machine", axis.name),
                      "a name that constraints cannot take for something else");
  }
  for (const auto& [name, number] : numbers) names.push_back(name);
  for (const Expression& constraint : spec_.constraints) {
    constraint.require_known(needs_measurement(constraint) ? metric_names() : names);
  }
}

bool needs_measurement(const Expression& constraint) {
  const auto& names = constraint.variables();
  return std::any_of(names.begin(), names.end(),
                     [](const std::string& name) { return find_metric(name) != nullptr; });
}

std::map<std::string, double> machine_numbers(const hw::ArchConfig& arch) {
  std::map<std::string, double> numbers;
  flatten(hw::arch_to_json(arch), "", numbers);
  numbers["pe_count"] = arch.pe_array.pe_count();
  numbers["sram_bytes"] =
      static_cast<double>(arch.weight_sram.capacity_bytes + arch.global_buffer.capacity_bytes +
                          arch.accumulator_store.capacity_bytes);
  return numbers;
}

}  // namespace npu::sim
