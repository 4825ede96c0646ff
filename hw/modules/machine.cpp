#include "hw/modules/machine.h"

#include <fmt/core.h>

#include <utility>

#include "hw/isa/disassembler.h"
#include "hw/modules/sim_clock.h"

namespace npu::hw {

namespace {

std::unique_ptr<RtlUnits> wanted_rtl(const ArchConfig& arch) {
  require_rtl(arch);
  const bool wanted = arch.pe_array.model == UnitModel::kRtl || arch.compounding.model == UnitModel::kRtl;
  return wanted ? make_rtl_units("rtl_units") : nullptr;
}

}  // namespace

Machine::Machine(const sc_core::sc_module_name& name, const Program& program, const ArchConfig& arch,
                 std::vector<std::uint8_t> dram_image, const MachineOptions& options)
    : sc_module(name),
      environment_{failure_, trace_, options.random_stall_seed},
      dram_("dram", arch.dram, std::move(dram_image)),
      weight_sram_("weight_sram", arch.weight_sram.capacity_bytes),
      global_buffer_("global_buffer", arch.global_buffer.capacity_bytes),
      accumulators_("accumulator_store", arch.accumulator_entries(), arch.data.accumulator_bits),
      command_processor_(
          "command_processor", arch,
          {program.dram.instruction_base, static_cast<std::int64_t>(program.instructions.size())}, failure_),
      token_file_("token_file"),
      scoreboard_("scoreboard", machine_format(arch)),
      rtl_(wanted_rtl(arch)),
      load_weights_("load_weights", Unit::kLoadWeights, arch, environment_),
      load_activations_("load_activations", Unit::kLoadActivations, arch, environment_),
      store_("store", Unit::kStore, arch, environment_),
      pe_array_("pe_array", arch, environment_, rtl_.get()),
      compounding_("compounding_unit", arch.compounding),
      vector_unit_("vector_unit", arch, environment_) {
  trace_.instructions.resize(program.instructions.size());
  for (int unit = 0; unit < kUnits; ++unit) {
    const std::string queue_name = fmt::format("{}_queue", unit_name(static_cast<Unit>(unit)));
    queues_[static_cast<std::size_t>(unit)] = std::make_unique<sc_core::sc_fifo<const IssuedInstruction*>>(
        queue_name.c_str(), arch.command_processor.queue_depth);
  }
  connect();
  if (options.wave.empty()) return;
  wave_ = std::make_unique<WaveFile>(options.wave);
  add_waves();
}

std::array<ExecutionUnit*, kUnits> Machine::units() {
  return {&load_weights_, &load_activations_, &store_, &pe_array_, &vector_unit_};
}

void Machine::connect() {
  command_processor_.scoreboard(scoreboard_);
  command_processor_.dram.bind(dram_.port);
  for (std::size_t unit = 0; unit < kUnits; ++unit) {
    command_processor_.queues[unit](*queues_[unit]);
    units()[unit]->instructions(*queues_[unit]);
    units()[unit]->tokens(token_file_);
    units()[unit]->scoreboard(scoreboard_);
  }
  for (DmaChannel* channel : {&load_weights_, &load_activations_, &store_}) channel->dram.bind(dram_.port);
  load_weights_.sram.bind(weight_sram_.port);
  load_activations_.sram.bind(global_buffer_.port);
  store_.sram.bind(global_buffer_.port);
  pe_array_.weight_sram.bind(weight_sram_.port);
  pe_array_.global_buffer.bind(global_buffer_.port);
  pe_array_.accumulators(accumulators_);
  pe_array_.compounding(compounding_);
  vector_unit_.weight_sram.bind(weight_sram_.port);
  vector_unit_.global_buffer.bind(global_buffer_.port);
}

void Machine::add_waves() {
  command_processor_.add_waves(*wave_);
  for (const ExecutionUnit* unit : units()) unit->add_waves(*wave_);
  token_file_.add_waves(*wave_);
  dram_.add_waves(*wave_);
}

void Machine::run() {
  sc_core::sc_start();  // returns when nothing is left to happen, or after an error
  failure_.rethrow();
  if (!command_processor_.halted()) report_deadlock();
  collect_totals();
}

void Machine::report_deadlock() {
  std::string report = "deadlock, nothing can make progress any more";
  report += "\n  command_processor: " + command_processor_.status();
  for (std::size_t unit = 0; unit < kUnits; ++unit) {
    const ExecutionUnit& stuck = *units()[unit];
    const IssuedInstruction* current = stuck.current();
    const std::string awaited = token_file_.awaited_by(static_cast<Unit>(unit));
    report += fmt::format("\n  {}: {}", unit_name(static_cast<Unit>(unit)),
                          current == nullptr ? "waits for an instruction"
                                             : fmt::format("instruction {} waits for {}: {}", current->pc,
                                                           awaited, disassemble(current->instruction)));
  }
  throw SimulationError(name(), now_cycle(), report);
}

void Machine::collect_totals() {
  trace_.cycles = command_processor_.halt_cycle();
  trace_.dram_bus_busy = dram_.busy_cycles();
  trace_.dram_read_bytes = dram_.read_bytes();
  trace_.dram_write_bytes = dram_.write_bytes();
  trace_.instruction_fetch_bytes = command_processor_.fetched_bytes();
  trace_.compounding_busy = compounding_.busy_cycles();
  trace_.compounded = compounding_.outputs();
}

}  // namespace npu::hw
