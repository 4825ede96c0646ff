// Fetches instruction words from DRAM, decodes them and hands each to its unit's queue, in program order.
// Models: fetch in blocks of fetch_instructions (one DRAM descriptor each), dispatch_cycles per instruction,
// waiting where a queue is full; HALT waits until every unit has finished. Does not model: prefetch of the
// next block while dispatching this one (the queues hide it).
#pragma once

#include <tlm_utils/simple_initiator_socket.h>

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <systemc>
#include <vector>

#include "hw/arch/arch_config.h"
#include "hw/modules/failure_latch.h"
#include "hw/modules/interfaces.h"
#include "hw/modules/wave.h"

namespace npu::hw {

/// Where the program lies and how long it is.
struct ProgramLocation {
  std::int64_t instruction_base = 0;
  std::int64_t instruction_count = 0;
};

class CommandProcessor : public sc_core::sc_module {
 public:
  // sockets and ports
  tlm_utils::simple_initiator_socket<CommandProcessor> dram;
  std::array<sc_core::sc_port<sc_core::sc_fifo_out_if<const IssuedInstruction*>>, kUnits> queues;
  sc_core::sc_port<ScoreboardInterface> scoreboard;

  CommandProcessor(const sc_core::sc_module_name& name, const ArchConfig& arch,
                   const ProgramLocation& program, FailureLatch& failure);

  bool halted() const { return halted_; }
  Cycles halt_cycle() const { return halt_cycle_; }
  /// What it is doing, for the deadlock report.
  std::string status() const;

  void add_waves(WaveFile& file) const;

  // counters
  Bytes fetched_bytes() const { return fetched_bytes_; }  ///< over the bus

 private:
  void run();
  void fetch_block(std::int64_t first_pc);
  void dispatch(std::int64_t pc);
  void halt(std::int64_t pc);

  // parameters
  const ArchConfig& arch_;
  ProgramLocation program_;
  FailureLatch& failure_;
  // state
  std::vector<std::uint8_t> block_;             ///< instruction words [first_pc of the block, ...)
  std::deque<IssuedInstruction> issued_;        ///< stable addresses: the queues point into it
  std::int64_t dispatched_ = 0;                 ///< instructions handed to units
  const IssuedInstruction* blocked_ = nullptr;  ///< waits for room in its unit's queue
  bool halting_ = false;
  bool halted_ = false;
  Cycles halt_cycle_ = 0;
  // counters
  Bytes fetched_bytes_ = 0;
};

}  // namespace npu::hw
