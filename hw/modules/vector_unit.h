// The one-dimensional SIMD unit, executing VECTOR: residual add, rescale, pooling, tables.
// Models: operands read when the instruction starts, results committed when it ends, time from hw/timing,
// values from hw/kernels.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>

#include "hw/arch/arch_config.h"
#include "hw/kernels/kernels.h"
#include "hw/modules/execution_unit.h"

namespace npu::hw {

class VectorUnit : public ExecutionUnit {
 public:
  // sockets
  tlm_utils::simple_initiator_socket<VectorUnit> weight_sram;  ///< tables
  tlm_utils::simple_initiator_socket<VectorUnit> global_buffer;

  VectorUnit(const sc_core::sc_module_name& name, const ArchConfig& arch, const UnitEnvironment& environment);

 private:
  void start_of_simulation() override;
  void execute(const IssuedInstruction& issued, InstructionRecord& record) override;

  // parameters
  const ArchConfig& arch_;
  // function
  Kernels kernels_;
  // state
  MemoryView memory_;
  PendingResult result_;
};

}  // namespace npu::hw
