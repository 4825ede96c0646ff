// The parameter block of a CONV, unpacked: what the compounding unit needs for each output channel.
#pragma once

#include <cstdint>
#include <vector>

#include "hw/isa/instruction.h"
#include "hw/isa/program.h"
#include "hw/numerics/output_stage.h"

namespace npu::hw {

struct ChannelParameters {
  std::vector<std::int64_t> bias;         ///< [out_channel]
  std::vector<std::uint32_t> multiplier;  ///< [out_channel]; the layer's own unless per_channel_multiplier
  std::vector<int> shift;                 ///< [out_channel] e_c, to be added to the layer's n
};

/// Reads the block (layout: Conv in hw/isa/instruction.h) into `parameters`, reusing its memory.
/// Throws ProgramError(pc) if a channel's total shift leaves [0, 63].
void read_channel_parameters(const Conv& conv, std::int64_t pc, const MachineFormat& format,
                             const std::uint8_t* block, ChannelParameters& parameters);

/// The layer's output stage as the instruction gives it; the multiplier is the layer's.
OutputStage output_stage_of(const Conv& conv);

}  // namespace npu::hw
