// Lives of the lines of the on-chip memories during a run, worked out afterwards from the regions and times
// of the instructions: instructions in order of their start; each write begins the life of its lines and ends
// the one before; a life lasts to the end of the last instruction that reads it.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "hw/isa/program.h"
#include "hw/isa/regions.h"
#include "hw/modules/trace.h"

namespace npu::sim {

inline constexpr Bytes kLineBytes = 16;  ///< resolution

/// Lines that begin (positive) or cease (negative) to hold live data, written by the instruction `owner`.
struct LifeChange {
  Cycles time = 0;
  std::int64_t lines = 0;
  std::int64_t owner = 0;  ///< pc
};

/// By on-chip memory, in order of time; at one time the ends come first: those bytes are free for the next
/// instruction.
std::map<hw::Memory, std::vector<LifeChange>> memory_lives(const hw::Program& program,
                                                           const hw::MachineTrace& trace);

/// "weight_sram", "global_buffer", "accumulator_store": the names in reports.
const char* memory_key(hw::Memory memory);

}  // namespace npu::sim
