// The estimate engine: time and access counts of a program without data and without events. Same counters as
// the SystemC machine; its error against it is stated in docs/timing_model.md and tested.
#pragma once

#include <vector>

#include "hw/arch/arch_config.h"
#include "hw/isa/program.h"
#include "sim/engines/common/run_result.h"

namespace npu::sim {

/// Everything of a RunResult but `output`; `saturated` is zero, because there is no data. Throws ProgramError
/// (incompatible hash), SimulationError (deadlock).
RunResult run_estimate(const hw::Program& program, const hw::ArchConfig& arch);

struct LayerEstimate {
  Cycles cycles = 0;  ///< as LayerTime::cycles
  hw::AccessCounts counts;
};
/// What sweeps need of a run.
struct Estimate {
  Cycles cycles = 0;
  hw::AccessCounts counts;            ///< instruction fetch included
  std::vector<LayerEstimate> layers;  ///< as Program::layers
};

/// The same figures as run_estimate, without times by unit and high-water marks; does not check hashes.
Estimate estimate(const hw::Program& program, const hw::ArchConfig& arch);

}  // namespace npu::sim
