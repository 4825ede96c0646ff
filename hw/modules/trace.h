// What the machine records while it runs: one line per instruction, and the totals of the shared resources.
// No SystemC.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "hw/common/units.h"
#include "hw/isa/instruction.h"

namespace npu::hw {

/// Life of one instruction on its unit, on whole cycles. The unit's previous end + stalls == start + overlap.
struct InstructionRecord {
  Cycles start = -1;  ///< -1: never started (HALT, or not reached)
  Cycles end = -1;
  Cycles dispatch_stall = 0;  ///< unit free, instruction not yet delivered by the command processor
  Cycles random_stall = 0;    ///< injected, see MachineOptions
  std::array<Cycles, kUnitSlots> token_stall{};  ///< waiting for a token of that producer
  Cycles overlap = 0;  ///< from `start` on, the results of the unit's instruction before still left the array
  std::int64_t saturated = 0;  ///< outputs cut by the type's range

  /// Cycles of the unit that are this instruction's own.
  Cycles busy() const { return end - start - overlap; }
  /// Takes the first `cycles` off the stalls, in the order in which they passed: the unit was not waiting
  /// then.
  void shorten_stalls(Cycles cycles) {
    const auto shorten = [&](Cycles& stall) {
      const Cycles taken = std::clamp<Cycles>(cycles, 0, stall);
      stall -= taken;
      cycles -= taken;
    };
    shorten(dispatch_stall);
    shorten(random_stall);
    for (Cycles& stall : token_stall) shorten(stall);
  }
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
