// CONV in plain loops: any widths, any rounding, weight zero points, LeakyReLU, a multiplier per channel. The
// rule that the fast paths are proved equal to.
#pragma once

#include <cstdint>
#include <vector>

#include "hw/kernels/channel_parameters.h"
#include "hw/kernels/conv_operands.h"

namespace npu::hw {

/// Memory reused from call to call.
struct ScalarScratch {
  std::vector<std::int64_t> sums;
  ChannelParameters parameters;
};

/// Executes one CONV. Returns the number of outputs cut by the type's range. Throws ProgramError (see
/// read_channel_parameters).
std::int64_t conv_scalar(const Conv& conv, std::int64_t pc, const MachineFormat& format,
                         const ConvOperands& operands, ScalarScratch& scratch);

}  // namespace npu::hw
