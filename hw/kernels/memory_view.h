// The memories an instruction can touch, owned by whoever runs it (an engine's buffers or SystemC modules).
#pragma once

#include <cstdint>
#include <span>

namespace npu::hw {

struct MemoryView {
  std::span<std::uint8_t> dram;
  std::span<std::uint8_t> weight_sram;
  std::span<std::uint8_t> global_buffer;
  std::span<std::int64_t> accumulators;  ///< one entry each, sign-extended
};

}  // namespace npu::hw
