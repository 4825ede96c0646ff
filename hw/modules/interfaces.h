// What the machine's modules ask of each other besides memory traffic (TLM-2.0) and instruction queues
// (sc_fifo).
#pragma once

#include <cstdint>
#include <span>
#include <systemc>

#include "hw/isa/instruction.h"
#include "hw/modules/trace.h"

namespace npu::hw {

/// A decoded instruction on its way from the command processor to a unit.
struct IssuedInstruction {
  std::int64_t pc = 0;
  Instruction instruction;
};

/// What a token tells (hw/isa/token_rules.h).
enum class Moment { kOperandsRead, kEnded };

/// Waiting for and signalling dependency tokens.
class TokenInterface : public virtual sc_core::sc_interface {
 public:
  /// Blocks until every wait of `tokens` can be met, takes them, and adds the time to record.token_stall.
  virtual void take(Unit consumer, const Tokens& tokens, InstructionRecord& record) = 0;
  /// One token to every consumer that `tokens` names and whose token tells `moment`. Throws SimulationError
  /// if a semaphore overflows.
  virtual void signal(Unit producer, const Tokens& tokens, std::int64_t pc, Moment moment) = 0;
};

/// Knows which instructions are in flight.
class ScoreboardInterface : public virtual sc_core::sc_interface {
 public:
  /// Throws SimulationError if the instruction's memory regions conflict with those of one in flight
  /// elsewhere.
  virtual void start(Unit unit, const IssuedInstruction& issued) = 0;
  /// From now on others may overwrite what the instruction reads.
  virtual void operands_read(Unit unit, const IssuedInstruction& issued) = 0;
  virtual void retire(Unit unit, const IssuedInstruction& issued) = 0;
  /// Blocks until `count` instructions have retired.
  virtual void wait_for_retired(std::int64_t count) = 0;
};

/// The output stage behind the array.
class CompoundingInterface : public virtual sc_core::sc_interface {
 public:
  /// Accounts for `outputs` results that pass through the lanes during the calling instruction.
  virtual void compound(std::int64_t outputs) = 0;
};

/// Direct access to the partial sums, one entry each, sign-extended.
class AccumulatorInterface : public virtual sc_core::sc_interface {
 public:
  virtual std::span<std::int64_t> entries() = 0;
};

}  // namespace npu::hw
