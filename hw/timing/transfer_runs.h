// A strided transfer's two sides as contiguous runs, neighbours merged: what the DRAM bus and the SRAM see.
#pragma once

#include "hw/common/units.h"
#include "hw/isa/instruction.h"

namespace npu::hw {

/// Runs [begin + i * stride1 + j * stride2, + run_bytes) for i < count1, j < count2, i fastest.
struct Runs {
  std::int64_t begin = 0;
  Bytes run_bytes = 0;
  std::int64_t stride1 = 0;
  std::int64_t count1 = 1;
  std::int64_t stride2 = 0;
  std::int64_t count2 = 1;
};

/// Runs that continue each other without a gap become one.
Runs merged(Runs runs);
Runs dram_runs(const Transfer& transfer);  ///< merged
Runs sram_runs(const Transfer& transfer);  ///< merged

/// Bytes of the whole aligned accesses that [begin, begin + bytes) touches.
constexpr Bytes aligned_bytes(std::int64_t begin, Bytes bytes, Bytes access_bytes) {
  return round_up(begin + bytes, access_bytes) - begin / access_bytes * access_bytes;
}

}  // namespace npu::hw
