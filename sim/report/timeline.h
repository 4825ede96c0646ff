// A run on the time axis, for a trace viewer (ui.perfetto.dev, chrome://tracing): the trace-event format's
// JSON. One track for each unit and one for the layers; what a unit waits for between its instructions;
// counters of DRAM bandwidth and of the live bytes in each on-chip memory. Everything comes from the program
// and the times of its instructions, so the SystemC machine and the estimate engine are shown alike. Does not
// show single bursts.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "hw/arch/arch_config.h"
#include "hw/isa/program.h"
#include "sim/engines/common/run_result.h"

namespace npu::sim {

inline constexpr int kBandwidthSlots = 2000;  ///< equal parts of the run; fewer where it has fewer cycles

/// Why a unit did not work between two of its instructions.
struct UnitWait {
  hw::Unit unit{};
  Cycles begin = 0;
  Cycles end = 0;
  std::string cause;              ///< name of the unit whose token came last, or "dispatch"
  std::int64_t producer_pc = -1;  ///< whose token it was; -1 with "dispatch"
};

/// Waits in program order, from the end of a unit's instruction to the start of its next: the cause is the
/// token that came last, if one came after that end, else the command processor.
std::vector<UnitWait> unit_waits(const hw::Program& program, const RunResult& result);

/// DRAM traffic by the DMA channels in bytes per cycle, averaged over equal slots; a transfer's bytes are
/// spread evenly over its time. Instruction fetch is not in it.
struct BandwidthCurve {
  Cycles slot_cycles = 1;
  std::vector<double> read;
  std::vector<double> write;
};
BandwidthCurve bandwidth_curve(const hw::Program& program, const hw::ArchConfig& arch,
                               const RunResult& result);

/// {"traceEvents": [...], "displayTimeUnit": "ns", "otherData": {...}}. Times are microseconds of the
/// machine's clock; every slice has its cycles in "args". NPU_CHECKs that the run has the times of its
/// instructions.
nlohmann::ordered_json timeline_json(const hw::Program& program, const hw::ArchConfig& arch,
                                     const RunResult& result);

}  // namespace npu::sim
