// High-water mark of each on-chip memory, worked out after the run from the regions and times of the
// instructions.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "hw/isa/program.h"
#include "hw/modules/trace.h"

namespace npu::sim {

/// Largest number of bytes that hold live data at one time, by memory name (weight_sram, global_buffer,
/// accumulator_store). A byte is live from the start of the instruction that writes it to the end of the last
/// one that reads it before it is written again, and at least to the end of the writing instruction.
/// Resolution: 16 bytes.
std::map<std::string, std::int64_t> high_water_bytes(const hw::Program& program,
                                                     const hw::MachineTrace& trace);

}  // namespace npu::sim
