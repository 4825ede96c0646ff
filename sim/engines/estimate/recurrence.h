// When every instruction of a program starts and ends, by recurrence: an instruction starts when its unit is
// free, the command processor has delivered it and its tokens are there; it lasts what hw/timing says, or
// until the shared bus has carried its bytes. Same token semantics and the same record as the SystemC
// machine. Models: in-order units, queues of limited depth, instruction fetch, tokens, one DRAM bus. Does not
// model: data, single bursts unless the DRAM has banks (memory_bus.h), semaphores of limited width.
#pragma once

#include <vector>

#include "hw/arch/arch_config.h"
#include "hw/isa/program.h"
#include "hw/modules/trace.h"
#include "sim/engines/estimate/instruction_costs.h"

namespace npu::sim {

/// `costs` by pc. Fills times and stalls of every instruction, `cycles`, the fetched bytes and the bus's busy
/// time; leaves the trace's other totals at zero. Throws SimulationError if no instruction can make progress
/// any more.
hw::MachineTrace run_recurrence(const hw::Program& program, const hw::ArchConfig& arch,
                                const std::vector<InstructionCost>& costs);

}  // namespace npu::sim
