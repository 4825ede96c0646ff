// What the machine records while it runs: one line per instruction, and the totals of the shared resources.
// No SystemC.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "hw/common/units.h"
#include "hw/isa/instruction.h"

namespace npu::hw {

/// Life of one instruction on its unit. The unit's previous end + stalls == start; all on whole cycles.
struct InstructionRecord {
  Cycles start = -1;  ///< -1: never started (HALT, or not reached)
  Cycles end = -1;
  Cycles dispatch_stall = 0;  ///< unit free, instruction not yet delivered by the command processor
  Cycles random_stall = 0;    ///< injected, see MachineOptions
  std::array<Cycles, kUnitSlots> token_stall{};  ///< waiting for a token of that producer
  std::int64_t saturated = 0;                    ///< outputs cut by the type's range
};

/// Totals of one port, bus or unit.
struct MachineTrace {
  Cycles cycles = 0;                            ///< end of the program: every unit has finished
  std::vector<InstructionRecord> instructions;  ///< by pc
  Cycles dram_bus_busy = 0;                     ///< rounded up to whole cycles
  Bytes dram_read_bytes = 0;                    ///< over the bus, instruction fetch included
  Bytes dram_write_bytes = 0;
  Bytes instruction_fetch_bytes = 0;
  Cycles compounding_busy = 0;  ///< cycles in which the compounding unit takes outputs
  std::int64_t compounded = 0;  ///< outputs
};

}  // namespace npu::hw
