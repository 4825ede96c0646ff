// Strided DMA: what LOAD and STORE do to bytes, without time.
#pragma once

#include <cstdint>

#include "hw/isa/instruction.h"
#include "hw/kernels/memory_view.h"

namespace npu::hw {

/// One side of a transfer: `count2` planes of `count1` runs of `run_bytes` contiguous bytes.
template <class Byte>
struct StridedRuns {
  Byte* data = nullptr;
  std::int64_t stride1_bytes = 0;
  std::int64_t stride2_bytes = 0;
};

/// Where an instruction with a Transfer body reads and writes.
StridedRuns<const std::uint8_t> transfer_source(const Instruction& instruction, const MemoryView& memory);
StridedRuns<std::uint8_t> transfer_target(const Instruction& instruction, const MemoryView& memory);

/// The same runs without gaps, as bytes wait between start and end of the instruction.
template <class Byte>
StridedRuns<Byte> dense_runs(const Transfer& transfer, Byte* data) {
  return {data, transfer.run_bytes, transfer.run_bytes * transfer.count1};
}
inline std::int64_t transfer_bytes(const Transfer& transfer) {
  return transfer.run_bytes * transfer.count1 * transfer.count2;
}

/// Copies run by run in order. Source and target must not overlap.
void copy_runs(const Transfer& shape, const StridedRuns<const std::uint8_t>& source,
               const StridedRuns<std::uint8_t>& target);

}  // namespace npu::hw
