// The space a sweep spans: every combination of architecture, axis values and network has an index; an index
// becomes a machine's JSON. No simulation here.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "hw/arch/arch_config.h"
#include "sim/explore/sweep_spec.h"

namespace npu::sim {

/// One combination. `values` holds an index into Axis::values for each axis.
struct DesignPoint {
  std::int64_t index = 0;
  std::size_t architecture = 0;
  std::size_t network = 0;
  std::vector<std::size_t> values;
};

class DesignSpace {
 public:
  /// `bases`: the JSON of each architecture of the spec, as its file holds it. Throws ConfigError if the
  /// space has more than 2^62 points, or if an axis writes where no machine has a field.
  DesignSpace(SweepSpec spec, std::vector<nlohmann::json> bases);

  const SweepSpec& spec() const { return spec_; }
  /// The JSON of one of the spec's architectures.
  const nlohmann::json& base(std::size_t architecture) const { return bases_[architecture]; }
  std::int64_t size() const { return size_; }
  /// Sizes of the dimensions, slowest first: architectures, axes in the file's order, networks.
  const std::vector<std::int64_t>& dimensions() const { return dimensions_; }

  /// 0 <= index < size(); neighbours differ in the network first.
  DesignPoint point(std::int64_t index) const;
  std::int64_t index_of(const std::vector<std::int64_t>& coordinates) const;

  /// The base's JSON with the axes' values in it. Not validated. Throws ConfigError if an expression fails.
  nlohmann::json arch_json(const DesignPoint& point) const;
  /// Axis name -> value.
  std::map<std::string, nlohmann::json> axis_values(const DesignPoint& point) const;

 private:
  void apply(const Axis& axis, const nlohmann::json& value,
             const std::map<std::string, nlohmann::json>& values, nlohmann::json& arch) const;
  void check_pointers() const;
  void check_constraints() const;

  SweepSpec spec_;
  std::vector<nlohmann::json> bases_;
  std::vector<std::int64_t> dimensions_;
  std::int64_t size_ = 0;
};

/// Constraints whose names are metrics apply to measured results, all others to machines before they are
/// evaluated.
bool needs_measurement(const Expression& constraint);

/// The names a constraint can use at a machine: numbers of the resolved configuration
/// ("dram.bytes_per_cycle"), "pe_count", "sram_bytes".
std::map<std::string, double> machine_numbers(const hw::ArchConfig& arch);

}  // namespace npu::sim
