// Executes a program's instructions in program order, exactly and without time: accuracy over data sets.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "hw/isa/program.h"
#include "hw/kernels/kernels.h"

namespace npu::sim {

class FunctionalEngine {
 public:
  /// `program` must be verified and outlive the engine. One engine per thread.
  explicit FunctionalEngine(const hw::Program& program, hw::KernelPath path = hw::best_kernel_path());

  /// input [row][column][channel] -> output [row][column][channel].
  std::vector<std::int32_t> run(std::span<const std::int32_t> input);

  /// DRAM after the last run (feature maps overwritten by reuse unless compiled with keep_activations).
  std::span<const std::uint8_t> dram() const { return dram_; }
  /// Outputs cut by the type's range, by layer, summed over all runs.
  const std::vector<std::int64_t>& saturated() const { return saturated_; }

 private:
  const hw::Program& program_;
  hw::Kernels kernels_;
  std::vector<std::uint8_t> dram_;
  std::vector<std::uint8_t> weight_sram_;
  std::vector<std::uint8_t> global_buffer_;
  std::vector<std::int64_t> accumulators_;
  std::vector<std::int64_t> saturated_;
  std::vector<std::int64_t> layer_of_pc_;  ///< index into Program::layers, or -1
};

}  // namespace npu::sim
