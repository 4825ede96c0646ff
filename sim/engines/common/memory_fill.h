// How full each on-chip memory was over time, by layer, and what filled it at its fullest. Live bytes as in
// high_water.h.
#pragma once

#include <map>
#include <string>

#include "hw/isa/program.h"
#include "hw/modules/trace.h"
#include "sim/engines/common/run_result.h"

namespace npu::sim {

inline constexpr int kFillSlots = 256;  ///< equal parts of the run; fewer where it has fewer cycles

/// By memory name (weight_sram, global_buffer, accumulator_store).
std::map<std::string, MemoryFill> memory_fill(const hw::Program& program, const hw::MachineTrace& trace);

}  // namespace npu::sim
