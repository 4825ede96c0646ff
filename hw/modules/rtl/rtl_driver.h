// Control of the RTL units: which pins move in which cycle for one instruction, and where results go. Stands
// for the sequencers and operand buffers around the units; every cycle it uses is counted.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "hw/isa/program.h"
#include "hw/modules/rtl/rtl_units.h"

namespace npu::hw {

/// A CONV's operands as the array reads them.
struct RtlConv {
  Conv conv;
  std::span<const std::uint8_t> activations;  ///< with padding: hw/kernels/padded_input.h
  std::span<const std::uint8_t> weights;      ///< the instruction's weight block
};

struct RtlSums {
  std::vector<std::int64_t> sums;  ///< [row][column][out_channel], products only
  Cycles cycles = 0;
};

/// The array's work of a CONV in its dataflow. 8-bit data; weights without zero point.
RtlSums run_array(RtlUnits& units, const RtlConv& work);

/// Output-stationary CONVs one after the other, each one's last results leaving while the next one's pixels
/// enter. `cycles` of each: from the last MAC of the one before to its own, the drain added to the last one.
std::vector<RtlSums> run_output_stationary(RtlUnits& units, std::span<const RtlConv> works);

struct RtlOutputs {
  std::vector<std::uint8_t> bytes;  ///< dense
  std::int64_t saturated = 0;
  Cycles cycles = 0;
};

/// The compounding of sums (earlier partial sums included). `parameters`: the instruction's parameter block.
RtlOutputs run_compounding(RtlUnits& units, const Conv& conv, const MachineFormat& format,
                           std::span<const std::int64_t> sums, std::span<const std::uint8_t> parameters);

/// A residual add or rescale of dense operands (b empty for a rescale).
RtlOutputs run_add(RtlUnits& units, const Vector& vector, Rounding rounding, std::span<const std::uint8_t> a,
                   std::span<const std::uint8_t> b);

/// The RTL can run this instruction: 8-bit data, symmetric weights.
bool rtl_runs(const Conv& conv, const MachineFormat& format);

}  // namespace npu::hw
