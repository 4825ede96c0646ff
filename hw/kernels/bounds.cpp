#include "hw/kernels/bounds.h"

#include <fmt/core.h>

#include <algorithm>

#include "hw/common/error.h"

namespace npu::hw {
namespace {

void require_region(const Region& region, std::int64_t size_bytes, std::int64_t pc) {
  NPU_CHECK(region.begin >= 0 && region.stride1 >= 0 && region.stride2 >= 0 && region.end() <= size_bytes,
            fmt::format("pc {}: bytes [{}, {}) of the {}, which has {} bytes", pc, region.begin, region.end(),
                        memory_name(region.memory), size_bytes));
}

// Partial sums do not count: each is read before the same one is written.
bool overwrites_operands(const RegionSet& regions) {
  return std::any_of(regions.writes.begin(), regions.writes.end(), [&](const Region& write) {
    return write.memory != Memory::kAccumulators &&
           std::any_of(regions.reads.begin(), regions.reads.end(),
                       [&](const Region& read) { return may_overlap(read, write); });
  });
}

}  // namespace

const CheckedInstruction& BoundsCheck::require_inside(const Instruction& instruction, std::int64_t pc,
                                                      const MachineFormat& format, const MemoryView& memory) {
  const std::array<std::int64_t, kMemories> bytes{
      std::ssize(memory.dram), std::ssize(memory.weight_sram), std::ssize(memory.global_buffer),
      std::ssize(memory.accumulators) * format.accumulator_bytes()};
  std::optional<CheckedInstruction>& slot = checked_.at(pc);
  if (slot && slot->memory_bytes == bytes && slot->instruction == instruction) return *slot;
  const RegionSet regions = regions_of(instruction, format);
  for (const auto* side : {&regions.reads, &regions.writes}) {
    for (const auto& region : *side)
      require_region(region, bytes[static_cast<std::size_t>(region.memory)], pc);
  }
  return slot.emplace(CheckedInstruction{instruction, bytes, overwrites_operands(regions)});
}

}  // namespace npu::hw
