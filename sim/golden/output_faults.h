// A list of faults an output stage can have, each as a function: what the stage would then give. Used to name
// the fault behind wrong results, and by tests that make faulty results.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "hw/numerics/output_stage.h"

namespace npu::sim::golden {

/// What the stage works on, of one output.
struct OutputInputs {
  std::int64_t accumulator = 0;
  std::int64_t bias = 0;
  std::int64_t neighbour_bias = 0;  ///< of the next channel
  int channel_shift = 0;
  int partner_shift = 0;  ///< e_c of the other channel packed into the same byte
  hw::OutputStage stage;
  hw::Rounding rounding = hw::Rounding::kHalfUp;
  int output_bits = 8;
  int accumulator_bits = 32;
};

struct OutputFault {
  std::string name;
  std::int64_t (*value)(const OutputInputs&);
};

/// The stage as it should be.
std::int64_t right_output(const OutputInputs& inputs);
const std::vector<OutputFault>& output_faults();

}  // namespace npu::sim::golden
