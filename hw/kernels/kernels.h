// What one instruction does to the bytes of the memories: exact and fast. Two phases, so that a timed machine
// can read operands when the instruction starts and commit when it ends; an untimed engine calls both at
// once.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "hw/isa/instruction.h"
#include "hw/isa/program.h"
#include "hw/kernels/memory_view.h"

namespace npu::hw {

/// Vector instructions used by the convolution kernels. All paths give identical results.
enum class KernelPath { kScalar, kAvx2, kAvx512Vnni };
KernelPath best_kernel_path();               ///< of this processor
bool supports_kernel_path(KernelPath path);  ///< can this processor execute it?
const char* kernel_path_name(KernelPath path);

/// Results of one instruction between start and end. Reused from call to call to avoid allocation.
struct PendingResult {
  std::vector<std::uint8_t> bytes;         ///< activations or DMA data, dense in region order
  std::vector<std::int64_t> accumulators;  ///< partial sums of a CONV that is not `last`
  std::int64_t saturated = 0;              ///< outputs cut by the type's range
};

/// Executes instructions of one program on a machine of `format`. Keeps repacked weights between calls
/// (checked against the weight SRAM's bytes each time). Not thread-safe: one per thread.
class Kernels {
 public:
  /// Throws InputError if this processor lacks the instructions of `path`.
  Kernels(const MachineFormat& format, KernelPath path);
  ~Kernels();
  Kernels(const Kernels&) = delete;
  Kernels& operator=(const Kernels&) = delete;

  /// Reads operands and computes. Any instruction; SYNC and HALT give an empty result. The instruction's
  /// regions must lie inside `memory` (the program verifier proves it; NPU_CHECK here).
  void compute(const Instruction& instruction, std::int64_t pc, const MemoryView& memory,
               PendingResult& result);

  /// Writes `result` to where the instruction puts it.
  void commit(const Instruction& instruction, const PendingResult& result, const MemoryView& memory) const;

  /// compute() and commit() in one, without the copy in between where the instruction cannot overwrite its
  /// own operands. Returns the number of saturated outputs. For engines without time.
  std::int64_t execute(const Instruction& instruction, std::int64_t pc, const MemoryView& memory);

  /// Of the CONV and VECTOR instructions executed so far, those that ran on vector instructions; the others
  /// were left to the scalar rule (other widths, scales that vector arithmetic cannot hold, rare operations).
  std::int64_t vectorised() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace npu::hw
