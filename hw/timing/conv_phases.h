// A convolution in the phases that matter to the one behind it on the array. The results of an
// output-stationary instruction's last step lie in the second register bank of the PEs when its last
// broadcast is over; the array is then free to load the next instruction's pixels, and the results leave in
// the cycles of that loading, as they do between the steps of one instruction. Weight-stationary and
// matrix-vector instructions have no such bank and overlap nothing. docs/timing_model.md derives both.
#pragma once

#include "hw/arch/arch_config.h"
#include "hw/isa/instruction.h"
#include "hw/timing/conv_timing.h"

namespace npu::hw {

/// The first step of an output-stationary instruction: for each channel its pixels load, then the weights are
/// broadcast. Results of the instruction before leave in loading cycles only.
struct LoadPattern {
  std::int64_t channels = 0;  ///< 0: nothing can leave behind this instruction
  Cycles load = 0;            ///< loading cycles of each channel
  Cycles broadcast = 0;       ///< of all channels together

  friend bool operator==(const LoadPattern&, const LoadPattern&) = default;
};

/// One CONV. Alone on the array it takes body + leaving = conv_cycles().total().
struct ConvPhases {
  Cycles body = 0;     ///< until the array could begin the next instruction
  Cycles leaving = 0;  ///< the last results on their way out, compounding stages included
  LoadPattern head;

  Cycles alone() const { return body + leaving; }
};
ConvPhases conv_phases(const ConvWork& work, const ArchConfig& arch);

/// How an instruction that begins while results of the one before still leave goes on.
struct Handover {
  Cycles exposed = 0;     ///< the array waits so long at the end of the first step: added to the body
  Cycles left_after = 0;  ///< cycles from the later one's start until the last result has left
};
/// `remaining` > 0 cycles of leaving are left, and `head` has channels.
Handover hand_over(Cycles remaining, const LoadPattern& head);

/// `later` may not begin before the results of `earlier`, the instruction before it on the array, have left:
/// it reads them as its input. The array compares the bounding intervals of the two.
bool reads_results_of(const Conv& later, const Conv& earlier);

}  // namespace npu::hw
