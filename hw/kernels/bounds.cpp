#include "hw/kernels/bounds.h"

#include <fmt/core.h>

#include "hw/common/error.h"

namespace npu::hw {
namespace {

void require_region(const Region& region, std::int64_t size_bytes, std::int64_t pc) {
  NPU_CHECK(region.begin >= 0 && region.stride1 >= 0 && region.stride2 >= 0 && region.end() <= size_bytes,
            fmt::format("pc {}: bytes [{}, {}) of the {}, which has {} bytes", pc, region.begin, region.end(),
                        memory_name(region.memory), size_bytes));
}

}  // namespace

void BoundsCheck::require_inside(const Instruction& instruction, std::int64_t pc, const MachineFormat& format,
                                 const MemoryView& memory) {
  const Sizes sizes{std::ssize(memory.dram), std::ssize(memory.weight_sram), std::ssize(memory.global_buffer),
                    std::ssize(memory.accumulators) * format.accumulator_bytes()};
  const auto found = checked_.find(pc);
  if (found != checked_.end() && found->second.sizes == sizes && found->second.instruction == instruction)
    return;
  const RegionSet regions = regions_of(instruction, format);
  for (const auto& region : regions.reads)
    require_region(region, sizes[static_cast<std::size_t>(region.memory)], pc);
  for (const auto& region : regions.writes)
    require_region(region, sizes[static_cast<std::size_t>(region.memory)], pc);
  checked_.insert_or_assign(pc, Checked{instruction, sizes});
}

}  // namespace npu::hw
