// Cycles of the PE array for one CONV instruction: pure functions of its shape and the machine. Used by the
// scheduler, the SystemC machine and (later) the estimate engine alike. Derivations and sources:
// docs/timing_model.md.
#pragma once

#include "hw/arch/arch_config.h"
#include "hw/common/units.h"
#include "hw/isa/instruction.h"

namespace npu::hw {

/// What the array's time depends on. Sizes in elements.
struct ConvWork {
  std::int64_t out_height = 0;
  std::int64_t out_width = 0;
  std::int64_t in_channels = 0;
  std::int64_t out_channels = 0;
  std::int64_t kernel_height = 1;
  std::int64_t kernel_width = 1;
  std::int64_t stride_height = 1;
  std::int64_t stride_width = 1;
  Dataflow dataflow = Dataflow::kWeightStationary;
  bool depthwise = false;
  bool first = true;
  bool last = true;
  std::int64_t zero_share = 0;  ///< zero weights, in 256ths

  std::int64_t macs() const {
    return out_height * out_width * out_channels * kernel_height * kernel_width *
           (depthwise ? 1 : in_channels);
  }
};
ConvWork conv_work(const Conv& conv);

/// Where the array's cycles go; they sum to total().
struct ConvCycles {
  Cycles compute = 0;  ///< cycles in which MACs issue
  Cycles preload = 0;  ///< weights (WS) or pixels (OS) loaded with the array idle
  Cycles drain = 0;    ///< pipeline fill and results leaving with the array idle
  Cycles bandwidth =
      0;  ///< extra cycles because an SRAM port or the compounding unit is slower than the array

  Cycles total() const { return compute + preload + drain + bandwidth; }
};
ConvCycles conv_cycles(const ConvWork& work, const ArchConfig& arch);

/// Part of the weights that output-stationary mode does not broadcast: an assumed one, that of the weights
/// (`zero_share` in 256ths), or none.
double skipped_fraction(std::int64_t zero_share, const PeArrayConfig& array);

/// MACs that the array performs: all of them, less the zero weights that OS skips.
std::int64_t effective_macs(const ConvWork& work, const ArchConfig& arch);

}  // namespace npu::hw
