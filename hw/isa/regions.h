// Which bytes of which memory one instruction reads and writes. The single source for token insertion, the program
// verifier, run-time hazard detection and traffic counting.
#pragma once

#include <cstdint>
#include <vector>

#include "hw/isa/instruction.h"
#include "hw/isa/program.h"

namespace npu::hw {

enum class Memory : std::uint8_t { kDram = 0, kWeightSram, kGlobalBuffer, kAccumulators };
inline constexpr int kMemories = 4;
const char* memory_name(Memory memory);

/// Bytes begin + i * stride1 + j * stride2 + [0, run) for i < count1, j < count2.
/// Accumulator regions are in bytes too (entry * accumulator_bytes).
struct Region {
  Memory memory = Memory::kDram;
  std::int64_t begin = 0;
  std::int64_t run_bytes = 0;
  std::int64_t stride1 = 0;
  std::int64_t count1 = 1;
  std::int64_t stride2 = 0;
  std::int64_t count2 = 1;

  std::int64_t end() const { return begin + (count1 - 1) * stride1 + (count2 - 1) * stride2 + run_bytes; }
  std::int64_t bytes() const { return run_bytes * count1 * count2; }
};

struct RegionSet {
  std::vector<Region> reads;
  std::vector<Region> writes;
};

/// Regions of one instruction on a machine of the given format. SYNC and HALT touch nothing. Instruction fetch is
/// not included.
RegionSet regions_of(const Instruction& instruction, const MachineFormat& format);

/// Conservative overlap: bounding intervals [begin, end()) of the same memory intersect.
bool may_overlap(const Region& a, const Region& b);

/// Length in bytes of the parameter block of a Conv (biases, multipliers if per channel, shifts) and of its weights.
std::int64_t parameter_block_bytes(std::int64_t out_channels, const MachineFormat& format, bool per_channel_multiplier);
std::int64_t weight_block_bytes(const Conv& conv, const MachineFormat& format);

}  // namespace npu::hw
