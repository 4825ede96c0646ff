// What all decoupled units share: take the next instruction from the queue, wait for its tokens, report it to
// the scoreboard, execute, retire, signal. Each unit is one thread process; it switches a few times per
// instruction. A unit may go on to the next instruction while results of one still leave it (PeArray).
#pragma once

#include <cstdint>
#include <string>
#include <systemc>

#include "hw/modules/failure_latch.h"
#include "hw/modules/interfaces.h"
#include "hw/modules/wave.h"

namespace npu::hw {

/// What a unit shares with the rest of the machine that is not a port.
struct UnitEnvironment {
  FailureLatch& failure;
  MachineTrace& trace;                  ///< each unit writes the records of its own instructions
  std::uint64_t random_stall_seed = 0;  ///< not 0: a random wait before every start
};

class ExecutionUnit : public sc_core::sc_module {
 public:
  // ports
  sc_core::sc_port<sc_core::sc_fifo_in_if<const IssuedInstruction*>> instructions;
  sc_core::sc_port<TokenInterface> tokens;
  sc_core::sc_port<ScoreboardInterface> scoreboard;

  ExecutionUnit(const sc_core::sc_module_name& name, Unit unit, const UnitEnvironment& environment);

  /// The instruction being waited for or executed; null between instructions.
  const IssuedInstruction* current() const { return current_; }
  bool executing() const { return executing_; }

  void add_waves(WaveFile& file) const;

 protected:
  /// Does the instruction's work in simulated time; returns on a clock edge. Fills `record.saturated`.
  virtual void execute(const IssuedInstruction& issued, InstructionRecord& record) = 0;
  /// Called when the instruction has its tokens and could start; may wait until the unit can begin it.
  virtual void prepare(const IssuedInstruction& issued, InstructionRecord& record);
  /// Called when the unit is free for the next instruction; by default all is over then.
  virtual void release(const IssuedInstruction& issued);
  /// All results are written: ends the instruction now, retires it and signals.
  void retire(const IssuedInstruction& issued);

  UnitEnvironment& environment() { return environment_; }

  // state
  Cycles busy_until_ = 0;  ///< when the last results leave, unless the next instruction begins before

 private:
  void run();
  void step();
  Cycles random_wait();

  // parameters
  Unit unit_;
  UnitEnvironment environment_;
  // state
  const IssuedInstruction* current_ = nullptr;
  bool executing_ = false;
  std::int64_t pc_ = -1;  ///< of `current_`, -1 without one: for the wave file
  Cycles free_since_ = 0;
  std::uint64_t random_state_ = 0;
};

}  // namespace npu::hw
