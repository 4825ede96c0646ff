// The check that an instruction's regions lie inside the memories, done once for each instruction of a
// program.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "hw/isa/regions.h"
#include "hw/kernels/memory_view.h"
#include "hw/kernels/pc_slots.h"

namespace npu::hw {

/// What is known of an instruction that lies inside the memories.
struct CheckedInstruction {
  Instruction instruction;
  std::array<std::int64_t, kMemories> memory_bytes{};
  bool overwrites_operands = false;  ///< some bytes of a byte memory may be both read and written
};

/// Remembers what it has checked, so that running a program again costs a comparison.
class BoundsCheck {
 public:
  /// NPU_CHECK: every region of the instruction lies inside its memory. The result is valid until the next
  /// call.
  const CheckedInstruction& require_inside(const Instruction& instruction, std::int64_t pc,
                                           const MachineFormat& format, const MemoryView& memory);

 private:
  PcSlots<std::optional<CheckedInstruction>> checked_;
};

}  // namespace npu::hw
