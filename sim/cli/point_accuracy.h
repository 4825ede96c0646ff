// Accuracy as a metric of sweeps: what a sweep's networks and images must be before it starts, and the
// measurement of one network with one arithmetic in a worker.
#pragma once

#include <map>
#include <string>

#include "sim/cli/prepare.h"
#include "sim/explore/point_request.h"
#include "sim/explore/sweep_spec.h"

namespace npu::sim {

/// For each network of a sweep that measures accuracy: a hash of its file, its description, the images,
/// labels, calibration and settings. Nothing for other sweeps. Opens the data set for every network. Throws
/// ConfigError naming the sweep file (built-in networks: their weights are random; images without labels;
/// no calibration; an unknown scheme) and what data sets throw.
std::map<std::string, std::string> accuracy_hashes(const SweepSpec& spec, const std::string& tool_version);

/// Measures in this process; keeps the calibrated networks.
class AccuracyEvaluator {
 public:
  /// Throws what preparation and the functional engine throw.
  PointAnswer evaluate(const PointRequest& request);

 private:
  const PreparedProgram& calibrated(const std::string& network, const AccuracySettings& settings);

  std::map<std::string, PreparedProgram> calibrated_;  ///< by network and settings
};

}  // namespace npu::sim
