// Roofline of a timed run: the arithmetic intensity of each layer against the ceilings of the array and of
// DRAM. Intensity is MACs that are not skipped per byte on the DRAM bus. A layer that overlaps the one before
// may stand above its ceiling, because its cycles are only the time by which it moves the end of the run.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "sim/report/run_report.h"
#include "sim/report/summary.h"

namespace npu::sim {

struct RooflinePoint {
  std::string name;           ///< a layer, or the network
  double intensity = 0;       ///< MACs per byte of DRAM traffic
  double macs_per_cycle = 0;  ///< reached
  double ceiling = 0;         ///< macs_per_cycle that the machine allows at this intensity
  bool memory_bound = false;  ///< DRAM's ceiling is the lower one
};

struct Roofline {
  double peak_macs_per_cycle = 0;     ///< PEs
  double bytes_per_cycle = 0;         ///< of DRAM
  std::vector<RooflinePoint> layers;  ///< those with MACs, traffic and time, in order
  RooflinePoint network;

  /// Intensity at which both ceilings meet.
  double ridge() const { return peak_macs_per_cycle / bytes_per_cycle; }
};

/// NPU_CHECKs that the run was timed.
Roofline roofline(const RunReport& report, const Summary& summary);

/// One line for each layer and one for the network: intensity, what limits it, the ceiling and how much of it was
/// reached; above it, both ceilings.
std::string roofline_table(const Roofline& roofline, std::size_t width);

nlohmann::ordered_json roofline_json(const Roofline& roofline);

}  // namespace npu::sim
