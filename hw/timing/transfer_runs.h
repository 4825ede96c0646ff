// The DRAM side of a strided transfer as contiguous runs, neighbours merged: what the bus sees.
#pragma once

#include "hw/arch/arch_config.h"
#include "hw/isa/instruction.h"

namespace npu::hw {

/// Runs begin + i * stride1 + j * stride2, [0, run_bytes) each, for i < count1, j < count2.
struct DramRuns {
  std::int64_t begin = 0;
  std::int64_t run_bytes = 0;
  std::int64_t stride1 = 0;
  std::int64_t count1 = 1;
  std::int64_t stride2 = 0;
  std::int64_t count2 = 1;
};

/// Runs that continue each other without a gap become one.
DramRuns merged_runs(const Transfer& transfer);

/// Bytes of the whole aligned accesses that [begin, begin + bytes) touches.
constexpr Bytes aligned_bytes(std::int64_t begin, Bytes bytes, Bytes access_bytes) {
  return round_up(begin + bytes, access_bytes) - begin / access_bytes * access_bytes;
}

}  // namespace npu::hw
