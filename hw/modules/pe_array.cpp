#include "hw/modules/pe_array.h"

#include <utility>

#include "hw/modules/compute_memories.h"
#include "hw/modules/sim_clock.h"

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
  SC_HAS_PROCESS(PeArray);
  SC_METHOD(results_left);
  sensitive << left_;
  dont_initialize();
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

bool PeArray::in_rtl(const Instruction& instruction) const {
  return rtl_ && rtl_runs(instruction.conv(), machine_format(arch_));
}

// Results leave behind the loads of another output-stationary convolution only, and not of one that reads
// them.
bool PeArray::may_begin(const Instruction& next) const {
  return phases_.head.channels > 0 && !reads_results_of(next.conv(), leaving_->instruction.conv());
}

void PeArray::prepare(const IssuedInstruction& issued, InstructionRecord& record) {
  const bool by_formula = issued.instruction.opcode == Opcode::kConv && !in_rtl(issued.instruction);
  phases_ = by_formula ? conv_phases(conv_work(issued.instruction.conv()), arch_) : ConvPhases{};
  exposed_ = 0;
  if (leaving_ == nullptr) return;
  const Cycles remaining = busy_until_ - now_cycle();
  if (remaining > 0 && may_begin(issued.instruction)) {
    const Handover handover = hand_over(remaining, phases_.head);
    exposed_ = handover.exposed;
    record.overlap = handover.left_after;
    left_.cancel();
    left_.notify(cycles_to_time(handover.left_after));
    return;
  }
  if (remaining > 0) sc_core::wait(cycles_to_time(remaining));
  end_leaving();
}

void PeArray::execute(const IssuedInstruction& issued, InstructionRecord& record) {
  const ConvWork work = conv_work(issued.instruction.conv());
  if (work.last) compounding->compound(work.out_height * work.out_width * work.out_channels);
  compute_and_wait(issued);
  kernels_.commit(issued.instruction, result_, memory_);
  record.saturated = result_.saturated;
}

// The RTL array takes its own time, the output step after it; the RTL compounding alone lies inside the
// formula's.
void PeArray::compute_and_wait(const IssuedInstruction& issued) {
  if (!in_rtl(issued.instruction)) {
    kernels_.compute(issued.instruction, issued.pc, memory_, result_);
    sc_core::wait(cycles_to_time(phases_.body + exposed_));
    return;
  }
  const Cycles measured = rtl_->compute(issued.instruction, issued.pc, memory_, result_);
  const Cycles formula = conv_cycles(conv_work(issued.instruction.conv()), arch_).total();
  if (!rtl_->array() && measured < formula) sc_core::wait(cycles_to_time(formula - measured));
}

void PeArray::release(const IssuedInstruction& issued) {
  end_leaving();  // of the instruction before: its last result may leave in this very cycle
  if (phases_.leaving == 0) {
    retire(issued);
    return;
  }
  leaving_ = &issued;
  busy_until_ = now_cycle() + phases_.leaving;
  left_.notify(cycles_to_time(phases_.leaving));
}

void PeArray::results_left() {
  environment().failure.guard([this] { end_leaving(); });
}

void PeArray::end_leaving() {
  if (leaving_ == nullptr) return;
  left_.cancel();
  retire(*std::exchange(leaving_, nullptr));
}

}  // namespace npu::hw
