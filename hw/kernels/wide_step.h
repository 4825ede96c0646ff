// The compounding unit's output step for sums of any width: exact in 64 bits where a channel's sum is small
// enough for that, as practically all are, in 128 bits where it is not. The twin of apply_output_stage for
// speed; tests/hw/kernels prove them equal.
#pragma once

#include <cstdint>
#include <vector>

#include "hw/isa/instruction.h"
#include "hw/isa/program.h"
#include "hw/kernels/channel_parameters.h"

namespace npu::hw {

class WideStep {
 public:
  /// `parameters` must outlive the step. half_up only goes through 64 bits; other rules take the exact one.
  WideStep(const Conv& conv, const ChannelParameters& parameters, const MachineFormat& format);

  /// Compounds the sums of one pixel, [out_channel], into its outputs. Returns how many were cut by the
  /// type's range.
  std::int64_t finish(const std::int64_t* sums, std::uint8_t* out) const;

 private:
  struct Channel {
    std::int64_t bias = 0;
    std::int64_t multiplier = 0;
    std::int64_t half = 0;
    int shift = 0;
    std::int64_t largest = -1;  ///< |sum| up to which 64 bits are exact; -1: none
  };

  OutputStage stage_;
  const ChannelParameters& parameters_;
  Rounding rounding_;
  int output_bits_;
  int output_bytes_;
  std::int64_t cut_below_ = 0;  ///< results outside [cut_below, cut_above] count as saturated
  std::int64_t cut_above_ = 0;
  std::vector<Channel> channels_;
  std::vector<Channel> negative_;  ///< where leaky: for sums with bias below zero
};

}  // namespace npu::hw
