// Proves a program safe on every machine of its format, whatever the latencies: every address lies inside its memory,
// every wait is signalled by an instruction earlier in program order (so that in-order dispatch cannot deadlock), and
// every overlap of regions (read after write, write after read, write after write) between units is ordered by tokens.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "hw/isa/program.h"

namespace npu::hw {

enum class FindingKind { kRange, kUnsignalledWait, kHazard, kSemaphoreOverflow, kStructure, kUninitialised };

struct Finding {
  FindingKind kind;
  std::int64_t pc = -1;        ///< the later instruction
  std::int64_t other_pc = -1;  ///< hazards: the earlier instruction
  std::string message;         ///< names both instructions, the memory and the byte range
};

/// All findings, in program order; empty means proved. Overlap is judged by bounding intervals: sound, and exact for
/// what our compiler emits.
std::vector<Finding> verify(const Program& program);

/// Throws ProgramError with the first finding.
void require_verified(const Program& program);

}  // namespace npu::hw
