// Ranges and mean activations of every value of a canonical graph, gathered by the float runtime over
// calibration inputs; saved as JSON that later runs reuse.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "compiler/graph/graph.h"

namespace npu::compiler {

struct ValueStatistics {
  float minimum = 0;
  float maximum = 0;
  std::vector<float> channel_mean;     ///< [channel], over pixels and inputs
  std::vector<float> channel_minimum;  ///< [channel]
  std::vector<float> channel_maximum;  ///< [channel]
};

struct Calibration {
  std::string network;
  std::string source;  ///< for people: "200 images of DIR", "synthetic, 8 inputs, seed 1"
  std::int64_t inputs = 0;
  std::map<std::string, ValueStatistics> values;  ///< by value name of the canonical graph
};

/// `next(i)` gives the i-th input, [channel][row][column]. `progress` may be empty. `threads` as for
/// FloatRuntime. Throws InputError for no inputs, GraphError naming a value that is infinite or not a number.
Calibration calibrate(const Graph& canonical, std::int64_t inputs, const std::string& source,
                      const std::function<std::vector<float>(std::int64_t)>& next,
                      const std::function<void(std::int64_t done)>& progress = {}, int threads = 0);

/// Throws ConfigError / InputError; load checks that every value of `canonical` is present and finite.
void save_calibration(const Calibration& calibration, const std::filesystem::path& path);
Calibration calibration_from_json(const nlohmann::json& json, const std::string& file,
                                  const Graph& canonical);
Calibration load_calibration(const std::filesystem::path& path, const Graph& canonical);

}  // namespace npu::compiler
