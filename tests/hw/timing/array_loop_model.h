// An independent model of the array, one cycle at a time with counters instead of formulas: the oracle of
// conv_cycles. It also marks every multiplication it performs, so that a test can prove that the loops cover
// a convolution exactly.
#pragma once

#include <cstdint>
#include <vector>

#include "hw/arch/arch_config.h"
#include "hw/timing/conv_timing.h"

namespace npu::tests {

struct LoopModelResult {
  Cycles cycles = 0;
  std::int64_t macs = 0;
  std::int64_t busiest_mac = 0;  ///< how often the most frequent (pixel, filter, tap, channel) was multiplied
  std::int64_t distinct_macs = 0;
};

/// Small shapes only. Zero skipping is not modelled.
LoopModelResult weight_stationary_loops(const hw::ConvWork& work, const hw::ArchConfig& arch);
LoopModelResult output_stationary_loops(const hw::ConvWork& work, const hw::ArchConfig& arch);

struct SequenceResult {
  std::vector<Cycles> free;  ///< by instruction: its last broadcast is over, the array loads for the next
  std::vector<Cycles> left;  ///< by instruction: its last result is written
};
/// Output-stationary instructions one behind the other, each of more than one output pixel or depthwise.
SequenceResult output_stationary_sequence(const std::vector<hw::ConvWork>& works, const hw::ArchConfig& arch);

}  // namespace npu::tests
