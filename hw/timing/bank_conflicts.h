// Reads and writes of one instruction that meet in a single-ported bank of the global buffer. Words of the
// buffer's width lie in the banks in turn; which bank an access finds is taken as evenly distributed and
// independent of the others, so that a cycle with a read and a write costs another one with probability 1 /
// banks. Does not model: accesses of other units at the same time (DMA, the array beside the vector unit),
// patterns of strides.
#pragma once

#include <algorithm>

#include "hw/arch/arch_config.h"
#include "hw/common/units.h"

namespace npu::hw {

/// Expected extra cycles, rounded down, of `reads` and `writes` words that both pass within `cycles` >=
/// either. None where every client has a port of its own.
constexpr Cycles bank_conflict_cycles(Cycles reads, Cycles writes, Cycles cycles, const SramConfig& memory) {
  if (memory.banks == 0 || cycles == 0) return 0;
  const double both = static_cast<double>(reads) * static_cast<double>(writes) / static_cast<double>(cycles);
  return static_cast<Cycles>(both / memory.banks);
}

}  // namespace npu::hw
