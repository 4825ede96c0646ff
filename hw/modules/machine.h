// The whole NPU: elaboration and connection of its modules.
//
//   command processor --queues--> load weights | load activations | store | PE array | vector unit
//          |                            \             |              /          |   |
//        DRAM <----- TLM bus ------------ DMA channels -------------            |   compounding unit
//                                             |                                 |   accumulator store
//                                weight SRAM, global buffer <------ DMI --------+
//   token file and scoreboard: connected to every unit
#pragma once

#include <array>
#include <memory>
#include <string>
#include <systemc>
#include <vector>

#include "hw/modules/accumulator_store.h"
#include "hw/modules/command_processor.h"
#include "hw/modules/compounding_unit.h"
#include "hw/modules/dma_channel.h"
#include "hw/modules/dram.h"
#include "hw/modules/pe_array.h"
#include "hw/modules/run_machine.h"
#include "hw/modules/scoreboard.h"
#include "hw/modules/sram.h"
#include "hw/modules/token_file.h"
#include "hw/modules/vector_unit.h"
#include "hw/modules/wave.h"

namespace npu::hw {

class Machine : public sc_core::sc_module {
 public:
  /// `arch` must outlive the machine. The trace has room for every instruction of `program`.
  Machine(const sc_core::sc_module_name& name, const Program& program, const ArchConfig& arch,
          std::vector<std::uint8_t> dram_image, const MachineOptions& options);

  /// Simulates until the program halts; once.
  void run();

  const MachineTrace& machine_trace() const { return trace_; }
  std::span<const std::uint8_t> dram_content() const { return dram_.content(); }

 private:
  void connect();
  void add_waves();
  std::array<ExecutionUnit*, kUnits> units();
  [[noreturn]] void report_deadlock();
  void collect_totals();

  // shared by the modules
  MachineTrace trace_;
  FailureLatch failure_;
  UnitEnvironment environment_;
  // memories
  Dram dram_;
  Sram weight_sram_;
  Sram global_buffer_;
  AccumulatorStore accumulators_;
  // control
  CommandProcessor command_processor_;
  TokenFile token_file_;
  Scoreboard scoreboard_;
  std::array<std::unique_ptr<sc_core::sc_fifo<const IssuedInstruction*>>, kUnits> queues_;
  // units
  std::unique_ptr<RtlUnits> rtl_;  ///< null unless the configuration asks for RTL
  DmaChannel load_weights_;
  DmaChannel load_activations_;
  DmaChannel store_;
  PeArray pe_array_;
  CompoundingUnit compounding_;
  VectorUnit vector_unit_;
  std::unique_ptr<WaveFile> wave_;  ///< null unless asked for; closed before what it traces ends
};

}  // namespace npu::hw
