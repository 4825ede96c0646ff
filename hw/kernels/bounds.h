// The check that an instruction's regions lie inside the memories, done once for each instruction of a
// program.
#pragma once

#include <array>
#include <cstdint>
#include <unordered_map>

#include "hw/isa/regions.h"
#include "hw/kernels/memory_view.h"

namespace npu::hw {

/// Remembers what it has checked, so that running a program again costs a comparison.
class BoundsCheck {
 public:
  /// NPU_CHECK: every region of the instruction lies inside its memory.
  void require_inside(const Instruction& instruction, std::int64_t pc, const MachineFormat& format,
                      const MemoryView& memory);

 private:
  using Sizes = std::array<std::int64_t, kMemories>;  ///< bytes of each memory
  struct Checked {
    Instruction instruction;
    Sizes sizes{};
  };
  std::unordered_map<std::int64_t, Checked> checked_;  ///< by pc
};

}  // namespace npu::hw
