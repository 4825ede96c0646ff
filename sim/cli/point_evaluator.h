// Evaluates one point of a sweep: a machine and a network to cycles, energy, traffic. Keeps what neighbouring
// points share: the network's shapes, and the mapping of layers while the machine stays the same.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "compiler/quant/quantized_graph.h"
#include "compiler/schedule/plan_cache.h"
#include "hw/energy/access_counts.h"
#include "sim/cli/point_accuracy.h"
#include "sim/cli/prepare.h"
#include "sim/explore/point_request.h"

namespace npu::sim {

/// What an engine measured of a point.
struct MeasuredPoint {
  Cycles cycles = 0;
  hw::AccessCounts counts;
  std::int64_t macs = 0;
};

class PointEvaluator {
 public:
  /// Never throws for a point's own faults: the answer says refused or failed, and why.
  PointAnswer evaluate(const PointRequest& request);

 private:
  MeasuredPoint estimate_point(const std::string& network, const hw::ArchConfig& arch);
  MeasuredPoint simulate_point(const std::string& network, const hw::ArchConfig& arch);
  const compiler::QuantizedGraph& shapes_of(const std::string& network);
  compiler::PlanCache& plans_for(const hw::ArchConfig& arch);

  AccuracyEvaluator accuracy_;
  std::map<std::string, compiler::QuantizedGraph> shapes_;
  std::map<std::string, PreparedProgram> calibrated_;  ///< for SystemC: random weights, synthetic calibration
  std::string plans_arch_hash_;
  std::optional<compiler::PlanCache> plans_;
};

/// What distinguishes a network's results from another's: a built-in's name, a file's content. Throws
/// InputError for an unknown network.
std::string network_hash(const std::string& network);

}  // namespace npu::sim
