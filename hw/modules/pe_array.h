// The PE array, executing CONV: weight stationary, output stationary and depthwise.
// Models: operands read when the instruction starts, results committed when the array is free again, the last
// of them leaving while the next instruction loads (hw/timing/conv_phases.h), time from hw/timing, values
// from hw/kernels. Does not model: single PEs; the kernels and the cycle formula stand for them, unless the
// configuration lets the Verilated RTL do the work cycle by cycle ("model": "rtl").
#pragma once

#include <tlm_utils/simple_initiator_socket.h>

#include <optional>

#include "hw/arch/arch_config.h"
#include "hw/kernels/kernels.h"
#include "hw/modules/execution_unit.h"
#include "hw/modules/rtl/rtl_conv.h"
#include "hw/timing/conv_phases.h"

namespace npu::hw {

class PeArray : public ExecutionUnit {
 public:
  // sockets and ports
  tlm_utils::simple_initiator_socket<PeArray> weight_sram;
  tlm_utils::simple_initiator_socket<PeArray> global_buffer;
  sc_core::sc_port<AccumulatorInterface> accumulators;
  sc_core::sc_port<CompoundingInterface> compounding;

  /// `rtl`: the units that stand for array or compounding where the configuration says so; else null.
  PeArray(const sc_core::sc_module_name& name, const ArchConfig& arch, const UnitEnvironment& environment,
          RtlUnits* rtl);

 private:
  void start_of_simulation() override;
  void prepare(const IssuedInstruction& issued, InstructionRecord& record) override;
  void execute(const IssuedInstruction& issued, InstructionRecord& record) override;
  void release(const IssuedInstruction& issued) override;
  void compute_and_wait(const IssuedInstruction& issued);
  bool in_rtl(const Instruction& instruction) const;
  bool may_begin(const Instruction& next) const;
  void results_left();
  void end_leaving();

  // parameters
  const ArchConfig& arch_;
  // function
  Kernels kernels_;
  std::optional<RtlConvRunner> rtl_;
  // state
  MemoryView memory_;
  PendingResult result_;
  ConvPhases phases_;                           ///< of the instruction on the array
  Cycles exposed_ = 0;                          ///< it waits so long for the results of the one before
  const IssuedInstruction* leaving_ = nullptr;  ///< whose results leave; null: nobody's
  sc_core::sc_event left_;                      ///< the last of them has left
};

}  // namespace npu::hw
