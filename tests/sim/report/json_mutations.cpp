#include "tests/sim/report/json_mutations.h"

#include <cmath>
#include <cstdint>
#include <set>

namespace npu::tests {

using nlohmann::json;

std::vector<json> trial_values(const std::vector<double>& bounds) {
  // Not UINT64_MAX: valijson 1.0 takes it for -1.
  std::vector<json> values{nullptr,
                           true,
                           false,
                           "",
                           "text",
                           "ws",
                           "pJ",
                           "MAC",
                           "operation",
                           "bit",
                           "RGB",
                           "bicubic",
                           "none",
                           "assumed_fraction",
                           "half_up",
                           -1,
                           0,
                           1,
                           2,
                           1.0,
                           0.5,
                           1.5,
                           -0.5,
                           1e30,
                           -1e30,
                           1e39,
                           INT64_MAX,
                           INT64_MIN,
                           1e19,
                           json::array(),
                           json::object()};
  values.push_back(json::array({"ws"}));
  values.push_back(json::array({"ws", "ws"}));
  values.push_back(json::array({"os", "ws"}));
  values.push_back(json::array({"ws", 1}));
  values.push_back(json::array({1}));
  values.push_back(json::array({1, 2}));
  values.push_back(json::array({1, 2, 3}));
  values.push_back(json::array({1, 2.5}));
  values.push_back(json::array({1, "2", 3}));
  for (const double bound : bounds) {
    values.emplace_back(bound);
    values.emplace_back(std::nextafter(bound, -1e300));
    values.emplace_back(std::nextafter(bound, 1e300));
    if (std::abs(bound) < 1e15 && bound == std::floor(bound)) {
      for (const std::int64_t step : {-1, 0, 1}) values.emplace_back(static_cast<std::int64_t>(bound) + step);
    }
  }
  return values;
}

std::vector<double> bounds_of(const json& schema) {
  std::set<double> bounds;
  const std::function<void(const json&)> walk = [&](const json& node) {
    if (!node.is_structured()) return;
    for (const auto& [key, value] : node.items()) {
      if (node.is_object() && value.is_number()) bounds.insert(value.get<double>());
      if (key == "enum") {
        for (const auto& choice : value) {
          if (choice.is_number()) bounds.insert(choice.get<double>());
        }
      }
      walk(value);
    }
  };
  walk(schema);
  return {bounds.begin(), bounds.end()};
}

std::vector<std::string> keys_of(const json& schema) {
  std::set<std::string> keys{"surplus"};
  const std::function<void(const json&)> walk = [&](const json& node) {
    if (!node.is_structured()) return;
    for (const auto& [key, value] : node.items()) {
      if (key == "properties" && value.is_object()) {
        for (const auto& [name, unused] : value.items()) keys.insert(name);
      }
      walk(value);
    }
  };
  walk(schema);
  return {keys.begin(), keys.end()};
}

void for_each_mutation(const json& original, const std::vector<json>& values,
                       const std::vector<std::string>& keys,
                       const std::function<void(const std::string&, const json&)>& visit) {
  const std::function<void(const json::json_pointer&)> walk = [&](const json::json_pointer& at) {
    const json& node = original.at(at);
    const std::string place = at.to_string();
    for (const auto& value : values) {
      json changed = original;
      changed.at(at) = value;
      visit(place + " = " + value.dump(), changed);
    }
    if (node.is_object()) {
      for (const auto& [key, value] : node.items()) {
        json changed = original;
        changed.at(at).erase(key);
        visit(place + " without " + key, changed);
        walk(at / key);
      }
      for (const auto& key : keys) {
        if (node.contains(key)) continue;
        for (const auto& value : values) {
          json changed = original;
          changed.at(at)[key] = value;
          visit(place + "/" + key + " added = " + value.dump(), changed);
        }
      }
    }
    if (node.is_array()) {
      for (std::size_t index = 0; index < node.size(); ++index) {
        json changed = original;
        changed.at(at).erase(index);
        visit(place + " without element " + std::to_string(index), changed);
        changed = original;
        changed.at(at).push_back(node[index]);
        visit(place + " with element " + std::to_string(index) + " twice", changed);
        walk(at / index);
      }
    }
  };
  walk(json::json_pointer());
}

}  // namespace npu::tests
