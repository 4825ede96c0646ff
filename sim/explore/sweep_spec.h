// A sweep file: which machines, networks and axes to explore, which points to take, what to look for. Pure
// data; design_space.h gives it a meaning. Format: docs/exploration.md, configs/schema/sweep.json.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "sim/explore/expression.h"

namespace npu::sim {

/// What an axis writes into the machine's JSON at `pointer`: its value, the value of an expression over all
/// axes, or nothing, which removes the key.
struct Setting {
  enum class Kind { kValue, kExpression, kRemove };
  nlohmann::json::json_pointer pointer;
  Kind kind = Kind::kValue;
  std::shared_ptr<const Expression> expression;
};

/// One dimension of the space: a named list of values and what each of them sets.
struct Axis {
  std::string name;     ///< of the value in expressions, tables and plots
  std::string pointer;  ///< where the axis stands in the sweep file, for messages
  std::vector<nlohmann::json> values;
  std::vector<Setting> settings;
};

enum class SamplingMethod { kCartesian, kRandom, kLatinHypercube, kSearch };

struct Sampling {
  SamplingMethod method = SamplingMethod::kCartesian;
  std::int64_t points = 0;  ///< random, latin_hypercube: how many; search: at most, for all networks together
  std::uint64_t seed = 1;
  int population = 40;  ///< search
};

/// Which points of the estimated sweep the SystemC machine repeats.
struct Confirmation {
  bool front = true;
  std::int64_t random_points = 20;
};

/// Labelled images that accuracy is measured on, and how networks are quantised for it. Paths as on the
/// command line.
struct AccuracySettings {
  std::string images;
  std::string labels;                     ///< may be empty: a folder for each class
  std::int64_t limit = 0;                 ///< only so many of the images; 0: all
  std::string calibration;                ///< empty: the networks bring their scales
  std::int64_t calibration_images = 100;  ///< at most so many of them
  std::string scheme;                     ///< one of npusim accuracy; empty: as npusim run quantises
};

nlohmann::json to_json(const AccuracySettings& settings);
AccuracySettings accuracy_settings_from_json(const nlohmann::json& json, const std::string& file,
                                             const std::string& pointer);

struct SweepSpec {
  std::string file;  ///< for messages
  std::string name;
  std::string description;
  std::vector<std::string> architectures;
  std::vector<std::string> networks;
  std::vector<Axis> axes;
  std::vector<Expression> constraints;
  bool joint_front = false;             ///< one front over all networks instead of one for each
  std::vector<std::string> objectives;  ///< names of metrics(); all are made as good as possible
  Sampling sampling;
  Confirmation confirmation;
  std::optional<AccuracySettings> accuracy;
  nlohmann::json source;  ///< the file's content
};

/// Throws ConfigError with file, JSON pointer, found and expected.
SweepSpec sweep_from_json(const nlohmann::json& json, const std::string& file);
SweepSpec load_sweep(const std::filesystem::path& path);

}  // namespace npu::sim
