#include "hw/kernels/transfer.h"

#include <cstring>

namespace npu::hw {
namespace {

// Runs that follow each other without a gap on both sides are one run.
Transfer merged(Transfer shape, const StridedRuns<const std::uint8_t>& source,
                const StridedRuns<std::uint8_t>& target) {
  if (shape.count1 == 1 ||
      (source.stride1_bytes == shape.run_bytes && target.stride1_bytes == shape.run_bytes)) {
    shape.run_bytes *= shape.count1;
    shape.count1 = 1;
    if (source.stride2_bytes == shape.run_bytes && target.stride2_bytes == shape.run_bytes) {
      shape.run_bytes *= shape.count2;
      shape.count2 = 1;
    }
  }
  return shape;
}

// Runs are often a few channels of one pixel: 16 bytes at a time, the last ones overlapping, saves a call for
// each.
constexpr std::int64_t kStepBytes = 16;
constexpr std::int64_t kShortRunBytes = 128;

void copy_short_run(std::uint8_t* to, const std::uint8_t* from, std::int64_t bytes) {
  for (std::int64_t at = 0; at + kStepBytes <= bytes; at += kStepBytes)
    std::memcpy(to + at, from + at, kStepBytes);
  std::memcpy(to + bytes - kStepBytes, from + bytes - kStepBytes, kStepBytes);
}

}  // namespace

StridedRuns<const std::uint8_t> transfer_source(const Instruction& instruction, const MemoryView& memory) {
  const Transfer& transfer = instruction.transfer();
  if (instruction.opcode == Opcode::kStore) {
    return {memory.global_buffer.data() + transfer.sram_address, transfer.sram_stride1,
            transfer.sram_stride2};
  }
  return {memory.dram.data() + transfer.dram_address, transfer.dram_stride1, transfer.dram_stride2};
}

StridedRuns<std::uint8_t> transfer_target(const Instruction& instruction, const MemoryView& memory) {
  const Transfer& transfer = instruction.transfer();
  if (instruction.opcode == Opcode::kStore) {
    return {memory.dram.data() + transfer.dram_address, transfer.dram_stride1, transfer.dram_stride2};
  }
  std::uint8_t* sram =
      instruction.opcode == Opcode::kLoadWeights ? memory.weight_sram.data() : memory.global_buffer.data();
  return {sram + transfer.sram_address, transfer.sram_stride1, transfer.sram_stride2};
}

void copy_runs(const Transfer& shape, const StridedRuns<const std::uint8_t>& source,
               const StridedRuns<std::uint8_t>& target) {
  const Transfer runs = merged(shape, source, target);
  const bool short_runs = runs.run_bytes >= kStepBytes && runs.run_bytes <= kShortRunBytes;
  for (std::int64_t plane = 0; plane < runs.count2; ++plane) {
    const std::uint8_t* from = source.data + plane * source.stride2_bytes;
    std::uint8_t* to = target.data + plane * target.stride2_bytes;
    for (std::int64_t run = 0; run < runs.count1; ++run) {
      if (short_runs) {
        copy_short_run(to, from, runs.run_bytes);
      } else {
        std::memcpy(to, from, static_cast<std::size_t>(runs.run_bytes));
      }
      from += source.stride1_bytes;
      to += target.stride1_bytes;
    }
  }
}

}  // namespace npu::hw
