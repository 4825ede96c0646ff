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
  for (std::int64_t plane = 0; plane < runs.count2; ++plane) {
    for (std::int64_t run = 0; run < runs.count1; ++run) {
      std::memcpy(target.data + plane * target.stride2_bytes + run * target.stride1_bytes,
                  source.data + plane * source.stride2_bytes + run * source.stride1_bytes,
                  static_cast<std::size_t>(runs.run_bytes));
    }
  }
}

}  // namespace npu::hw
