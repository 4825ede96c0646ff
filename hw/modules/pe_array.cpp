#include "hw/modules/pe_array.h"

#include "hw/modules/compute_memories.h"
#include "hw/modules/sim_clock.h"
#include "hw/timing/conv_timing.h"

namespace npu::hw {

PeArray::PeArray(const sc_core::sc_module_name& name, const ArchConfig& arch,
                 const UnitEnvironment& environment, RtlUnits* rtl)
    : ExecutionUnit(name, Unit::kConv, environment),
      weight_sram("weight_sram"),
      global_buffer("global_buffer"),
      accumulators("accumulators"),
      compounding("compounding"),
      arch_(arch),
      kernels_(machine_format(arch), best_kernel_path()) {
  if (rtl != nullptr) {
    rtl_.emplace(*rtl, machine_format(arch), arch.pe_array.model == UnitModel::kRtl,
                 arch.compounding.model == UnitModel::kRtl);
  }
}

void PeArray::start_of_simulation() {
  memory_.weight_sram = direct_memory(weight_sram);
  memory_.global_buffer = direct_memory(global_buffer);
  memory_.accumulators = accumulators->entries();
}

void PeArray::execute(const IssuedInstruction& issued, InstructionRecord& record) {
  const ConvWork work = conv_work(issued.instruction.conv());
  if (work.last) compounding->compound(work.out_height * work.out_width * work.out_channels);
  compute_and_wait(issued, work);
  kernels_.commit(issued.instruction, result_, memory_);
  record.saturated = result_.saturated;
}

// The RTL array takes its own time, the output step after it; the RTL compounding alone lies inside the
// formula's.
void PeArray::compute_and_wait(const IssuedInstruction& issued, const ConvWork& work) {
  const Cycles formula = conv_cycles(work, arch_).total();
  if (!rtl_ || !rtl_runs(issued.instruction.conv(), machine_format(arch_))) {
    kernels_.compute(issued.instruction, issued.pc, memory_, result_);
    sc_core::wait(cycles_to_time(formula));
    return;
  }
  const Cycles measured = rtl_->compute(issued.instruction, issued.pc, memory_, result_);
  if (!rtl_->array() && measured < formula) sc_core::wait(cycles_to_time(formula - measured));
}

}  // namespace npu::hw
