// One CONV on the RTL units: the part of the work that the configuration gives them, the rest by the kernels'
// rules.
#pragma once

#include "hw/isa/program.h"
#include "hw/kernels/kernels.h"
#include "hw/modules/rtl/rtl_driver.h"

namespace npu::hw {

class RtlConvRunner {
 public:
  /// `units` must outlive the runner. `array`, `compounding`: which of the two parts the RTL does.
  RtlConvRunner(RtlUnits& units, const MachineFormat& format, bool array, bool compounding);

  /// Like Kernels::compute; takes the RTL's cycles of simulated time. Returns them; a part that the RTL does
  /// not do takes none here.
  Cycles compute(const Instruction& instruction, std::int64_t pc, const MemoryView& memory,
                 PendingResult& result);

  bool array() const { return array_; }

 private:
  std::vector<std::int64_t> sums_by_kernels(const Instruction& instruction, std::int64_t pc,
                                            const MemoryView& memory);

  RtlUnits& units_;
  MachineFormat format_;
  bool array_;
  bool compounding_;
  Kernels kernels_;
};

}  // namespace npu::hw
