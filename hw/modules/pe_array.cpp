#include "hw/modules/pe_array.h"

#include "hw/modules/compute_memories.h"
#include "hw/modules/sim_clock.h"
#include "hw/timing/conv_timing.h"

namespace npu::hw {

PeArray::PeArray(const sc_core::sc_module_name& name, const ArchConfig& arch,
                 const UnitEnvironment& environment)
    : ExecutionUnit(name, Unit::kConv, environment),
      weight_sram("weight_sram"),
      global_buffer("global_buffer"),
      accumulators("accumulators"),
      compounding("compounding"),
      arch_(arch),
      kernels_(machine_format(arch), best_kernel_path()) {}

void PeArray::start_of_simulation() {
  memory_.weight_sram = direct_memory(weight_sram);
  memory_.global_buffer = direct_memory(global_buffer);
  memory_.accumulators = accumulators->entries();
}

void PeArray::execute(const IssuedInstruction& issued, InstructionRecord& record) {
  const ConvWork work = conv_work(issued.instruction.conv());
  kernels_.compute(issued.instruction, issued.pc, memory_, result_);
  if (work.last) compounding->compound(work.out_height * work.out_width * work.out_channels);
  sc_core::wait(cycles_to_time(conv_cycles(work, arch_).total()));
  kernels_.commit(issued.instruction, result_, memory_);
  record.saturated = result_.saturated;
}

}  // namespace npu::hw
