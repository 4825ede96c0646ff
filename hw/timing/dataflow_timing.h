// The two cycle formulas behind conv_cycles. Models one pass of an instruction through the array and the
// ports it uses, alone on the array (conv_phases.h says what the next one overlaps); does not model the
// reading of biases.
#pragma once

#include <algorithm>

#include "hw/timing/compounding_timing.h"
#include "hw/timing/conv_timing.h"

namespace npu::hw {

/// Register stages of the compounding unit: bias add, multiply, shift with rounding, zero point and clamp.
/// The last output leaves this many cycles after its sum entered.
inline constexpr Cycles kCompoundingStages = 4;

/// Cycles in which `elements` of `element_bytes` pass a port of `width_bytes` per cycle, in whole accesses.
constexpr Cycles port_cycles(std::int64_t elements, std::int64_t element_bytes, std::int64_t width_bytes) {
  return ceil_div(elements * element_bytes, width_bytes);
}

/// Cycles in which `outputs` sums that leave the array together are taken over: by the accumulator store's
/// read and write ports where sums are parked, by the compounding lanes and the global buffer's write port
/// where they are finished. At least one.
inline Cycles sums_out_cycles(std::int64_t outputs, bool parked, bool finished, const ArchConfig& arch) {
  Cycles cycles = 1;
  if (parked) {
    cycles = std::max(
        cycles, port_cycles(outputs, arch.data.accumulator_bytes(), arch.accumulator_store.width_bytes));
  }
  if (finished) {
    cycles = std::max(cycles, compounding_cycles(outputs, arch.compounding));
    cycles =
        std::max(cycles, port_cycles(outputs, arch.data.activation_bytes(), arch.global_buffer.width_bytes));
  }
  return cycles;
}

ConvCycles weight_stationary_cycles(const ConvWork& work, const ArchConfig& arch);
ConvCycles output_stationary_cycles(const ConvWork& work, const ArchConfig& arch);

}  // namespace npu::hw
