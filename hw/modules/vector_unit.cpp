#include "hw/modules/vector_unit.h"

#include "hw/modules/compute_memories.h"
#include "hw/modules/sim_clock.h"
#include "hw/timing/vector_timing.h"

namespace npu::hw {

VectorUnit::VectorUnit(const sc_core::sc_module_name& name, const ArchConfig& arch,
                       const UnitEnvironment& environment)
    : ExecutionUnit(name, Unit::kVector, environment),
      weight_sram("weight_sram"),
      global_buffer("global_buffer"),
      arch_(arch),
      kernels_(machine_format(arch), best_kernel_path()) {}

void VectorUnit::start_of_simulation() {
  memory_.weight_sram = direct_memory(weight_sram);
  memory_.global_buffer = direct_memory(global_buffer);
}

void VectorUnit::execute(const IssuedInstruction& issued, InstructionRecord& record) {
  kernels_.compute(issued.instruction, issued.pc, memory_, result_);
  sc_core::wait(cycles_to_time(vector_cycles(issued.instruction.vector(), arch_)));
  kernels_.commit(issued.instruction, result_, memory_);
  record.saturated = result_.saturated;
}

}  // namespace npu::hw
