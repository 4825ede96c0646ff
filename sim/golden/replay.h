// Executes a program instruction by instruction and shows what each one reads and writes: the source of every
// expected value, and of the data that a diagnosis recomputes. Values come from hw/kernels alone.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "hw/isa/program.h"
#include "hw/kernels/kernels.h"

namespace npu::sim::golden {

/// One instruction's work. Spans are valid during the call.
struct Step {
  std::int64_t pc = 0;
  const hw::Instruction* instruction = nullptr;
  std::span<const std::uint8_t> written;  ///< bytes written to an SRAM or DRAM, dense in region order
  /// Of a CONV: the sums [row][column][out_channel] with earlier partial sums, before bias; empty unless
  /// asked for.
  std::span<const std::int64_t> accumulators;
  const hw::MemoryView* before = nullptr;  ///< the memories before anything is written
};

class Replay {
 public:
  /// `program` must be verified and outlive the replay.
  explicit Replay(const hw::Program& program, hw::KernelPath path = hw::best_kernel_path());

  /// Runs from reset with the input [row][column][channel]. `sums`: also compute accumulators of CONVs that
  /// end in the compounding unit (costs that work twice). Returns early when `observe` returns false.
  void run(std::span<const std::int32_t> input, bool sums, const std::function<bool(const Step&)>& observe);

  std::span<const std::uint8_t> dram() const { return dram_; }

  /// Sums of a CONV as in Step::accumulators, from the memories as they are; valid until the next call.
  std::span<const std::int64_t> sums_of(const hw::Instruction& instruction, std::int64_t pc);

 private:
  const hw::Program& program_;
  hw::Kernels kernels_;
  hw::Kernels sum_kernels_;  ///< runs CONVs as if they were not the last of their reduction
  std::vector<std::uint8_t> dram_;
  std::vector<std::uint8_t> weight_sram_;
  std::vector<std::uint8_t> global_buffer_;
  std::vector<std::int64_t> accumulators_;
  std::vector<std::int64_t> own_sums_;
  hw::PendingResult result_;
  hw::PendingResult sums_;
};

}  // namespace npu::sim::golden
