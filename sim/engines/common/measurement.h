// From the machine's trace to what reports want: times by unit and by layer, counts, traffic.
#pragma once

#include "hw/arch/arch_config.h"
#include "hw/isa/program.h"
#include "hw/modules/trace.h"
#include "sim/engines/common/run_result.h"

namespace npu::sim {

/// Everything of a RunResult but `output` and `host_seconds`. NPU_CHECKs conservation: busy + stalls + idle
/// of every unit is the total, and the bus carried exactly the bytes that the instructions' transfers and the
/// fetch account for.
RunResult measure(const hw::Program& program, const hw::ArchConfig& arch, const hw::MachineTrace& trace);

}  // namespace npu::sim
