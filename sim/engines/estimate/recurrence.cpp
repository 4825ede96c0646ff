#include "sim/engines/estimate/recurrence.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <optional>

#include "hw/common/error.h"
#include "hw/isa/fields.h"
#include "hw/isa/token_rules.h"
#include "hw/timing/transfer_runs.h"
#include "sim/engines/estimate/memory_bus.h"

namespace npu::sim {
namespace {

constexpr std::size_t kUnits = hw::kUnits;
constexpr auto kConvUnit = static_cast<std::size_t>(hw::Unit::kConv);

/// One in-order unit and its queue. Times are of the instructions in the unit's own order.
struct UnitState {
  std::vector<std::int64_t> pcs;  ///< delivered so far
  std::vector<Cycles> delivered;  ///< when each entered the queue
  std::vector<Cycles> taken;      ///< when each left the queue
  std::size_t finished = 0;       ///< instructions that have left the unit; the next one is at the head
  Cycles free_since = 0;
  Cycles busy_until = 0;  ///< > free_since: results of the last instruction left it until then
  Cycles last_end = 0;
  bool on_bus = false;
  std::array<std::size_t, kUnits> tokens_taken{};  ///< from each producer
};

class Recurrence {
 public:
  Recurrence(const hw::Program& program, const hw::ArchConfig& arch,
             const std::vector<InstructionCost>& costs)
      : program_(program), arch_(arch), costs_(costs), bus_(make_memory_bus(arch.dram)) {
    trace_.instructions.resize(program.instructions.size());
    const std::size_t each = program.instructions.size() / 2 + 1;
    for (UnitState& unit : units_) {
      unit.pcs.reserve(each);
      unit.delivered.reserve(each);
      unit.taken.reserve(each);
    }
  }

  hw::MachineTrace run() {
    for (;;) {
      while (advance()) {
      }
      if (!next_event()) break;
    }
    const bool stuck = std::any_of(units_.begin(), units_.end(),
                                   [](const UnitState& unit) { return unit.finished < unit.pcs.size(); });
    if (!halted_ || stuck) fail();
    trace_.cycles = dispatcher_time_;
    for (const UnitState& unit : units_) trace_.cycles = std::max(trace_.cycles, unit.last_end);
    trace_.dram_bus_busy = bus_->busy_cycles();
    return std::move(trace_);
  }

 private:
  /// The next descriptor to end, or the last result to leave the array before that. False if there is
  /// neither.
  bool next_event() {
    if (bus_->idle() && !leaving_) return false;
    const Cycles limit = leaving_ ? leaving_->ends : MemoryBus::kNoLimit;
    const auto completion = bus_->idle() ? std::nullopt : bus_->next(limit);
    if (completion) {
      complete(*completion);
    } else {
      end_leaving(leaving_->ends);
    }
    return true;
  }

  std::int64_t instruction_count() const { return std::ssize(program_.instructions); }

  /// Everything that can be worked out without the bus. False if nothing could.
  bool advance() {
    bool progress = false;
    while (dispatch_one()) progress = true;
    for (std::size_t unit = 0; unit < kUnits; ++unit) {
      while (start_next(unit)) progress = true;
    }
    return progress;
  }

  /// The command processor hands on the next instruction, or starts the fetch of the next block.
  bool dispatch_one() {
    if (halted_ || fetching_ || next_pc_ >= instruction_count()) return false;
    const std::int64_t block = arch_.command_processor.fetch_instructions;
    if (arch_.command_processor.fetches_from_dram && next_pc_ % block == 0 && fetched_up_to_ <= next_pc_) {
      start_fetch(std::min(block, instruction_count() - next_pc_));
      return true;
    }
    const hw::Instruction& instruction = program_.instructions[static_cast<std::size_t>(next_pc_)];
    if (instruction.opcode == hw::Opcode::kHalt) {
      dispatcher_time_ += arch_.command_processor.dispatch_cycles;
      halted_ = true;
      return true;
    }
    UnitState& unit = units_[static_cast<std::size_t>(hw::unit_of(instruction))];
    // The queue has room once the instruction `queue_depth` places earlier has left it.
    const auto depth = static_cast<std::size_t>(arch_.command_processor.queue_depth);
    Cycles room = 0;
    if (unit.pcs.size() >= depth) {
      const std::size_t leaves = unit.pcs.size() - depth;
      if (unit.taken.size() <= leaves) return false;
      room = unit.taken[leaves];
    }
    dispatcher_time_ = std::max(dispatcher_time_ + arch_.command_processor.dispatch_cycles, room);
    unit.pcs.push_back(next_pc_++);
    unit.delivered.push_back(dispatcher_time_);
    return true;
  }

  void start_fetch(std::int64_t count) {
    const std::int64_t address = program_.dram.instruction_base + next_pc_ * hw::kInstructionBytes;
    const Bytes bytes = hw::aligned_bytes(address, count * hw::kInstructionBytes, arch_.dram.access_bytes);
    trace_.instruction_fetch_bytes += bytes;
    fetched_up_to_ = next_pc_ + count;
    fetching_ = true;
    // In one piece.
    bus_->request({MemoryBus::kFetchClient, dispatcher_time_, bytes, bytes,
                   hw::Runs{address, count * hw::kInstructionBytes, 0, 1, 0, 1}});
  }

  /// Starts the unit's next instruction if all that it waits for has a known time.
  bool start_next(std::size_t index) {
    UnitState& unit = units_[index];
    if (unit.on_bus || unit.finished == unit.pcs.size()) return false;
    const Cycles taken = std::max(unit.free_since, unit.delivered[unit.finished]);
    if (unit.taken.size() == unit.finished) unit.taken.push_back(taken);
    const auto pc = static_cast<std::size_t>(unit.pcs[unit.finished]);
    const hw::Instruction& instruction = program_.instructions[pc];
    if (!tokens_known(unit, index, instruction.tokens)) return false;
    hw::InstructionRecord& record = trace_.instructions[pc];
    record.dispatch_stall = taken - unit.free_since;
    record.start = take_tokens(unit, index, instruction.tokens, taken, record);
    const InstructionCost& cost = costs_[pc];
    Cycles exposed = 0;
    if (index == kConvUnit && leaving_) exposed = begin_behind_leaving(instruction, cost.phases.head, record);
    record.shorten_stalls(std::min(record.start, unit.busy_until) - unit.free_since);
    if (cost.bus_bytes > 0) {
      unit.on_bus = true;
      BusRequest request{static_cast<int>(index), record.start, cost.bus_bytes, arch_.dma.request_bytes, {}};
      if (arch_.dram.banked()) request.runs = hw::dram_runs(instruction.transfer());
      bus_->request(request);
    } else {
      release(index, record.start + cost.phases.body + exposed, cost.phases.leaving);
    }
    return true;
  }

  /// Results of the instruction before still leave the array: moves the start behind them if need be. Returns
  /// how long this instruction waits for them.
  Cycles begin_behind_leaving(const hw::Instruction& instruction, const hw::LoadPattern& head,
                              hw::InstructionRecord& record) {
    const Cycles remaining = leaving_->ends - record.start;
    if (remaining > 0 && head.channels > 0 &&
        !hw::reads_results_of(instruction.conv(), program_.instructions[leaving_->pc].conv())) {
      const hw::Handover handover = hw::hand_over(remaining, head);
      record.overlap = handover.left_after;
      end_leaving(record.start + handover.left_after);
      return handover.exposed;
    }
    record.start = std::max(record.start, leaving_->ends);
    end_leaving(leaving_->ends);
    return 0;
  }

  bool tokens_known(const UnitState& unit, std::size_t consumer, const hw::Tokens& tokens) const {
    for (std::size_t producer = 0; producer < kUnits; ++producer) {
      const std::size_t needed = unit.tokens_taken[producer] + tokens.wait[producer];
      if (tokens.wait[producer] > 0 && signals_[producer][consumer].size() < needed) return false;
    }
    return true;
  }

  /// Takes the tokens; returns when the last of them is there. While several producers are missing the time
  /// counts for the first of them, as in the machine.
  Cycles take_tokens(UnitState& unit, std::size_t consumer, const hw::Tokens& tokens, Cycles now,
                     hw::InstructionRecord& record) {
    for (std::size_t producer = 0; producer < kUnits; ++producer) {
      if (tokens.wait[producer] == 0) continue;
      unit.tokens_taken[producer] += tokens.wait[producer];
      const Cycles there = signals_[producer][consumer][unit.tokens_taken[producer] - 1];
      if (there <= now) continue;
      record.token_stall[producer] = there - now;
      now = there;
    }
    return now;
  }

  /// The unit is free for its next instruction at cycle `free`; results leave for `leaving` cycles more,
  /// unless that instruction says otherwise.
  void release(std::size_t index, Cycles free, Cycles leaving) {
    UnitState& unit = units_[index];
    const auto pc = static_cast<std::size_t>(unit.pcs[unit.finished]);
    ++unit.finished;
    unit.free_since = free;
    unit.busy_until = free + leaving;
    signal(index, pc, free, true);
    if (leaving > 0) {
      leaving_ = Leaving{pc, unit.busy_until};
    } else {
      end_instruction(index, pc, free);
    }
  }

  void end_leaving(Cycles end) {
    const std::size_t pc = leaving_->pc;
    leaving_.reset();
    end_instruction(kConvUnit, pc, end);
  }

  void end_instruction(std::size_t index, std::size_t pc, Cycles end) {
    trace_.instructions[pc].end = end;
    units_[index].last_end = std::max(units_[index].last_end, end);
    signal(index, pc, end, false);
  }

  /// The tokens that tell that operands have been read, or the others.
  void signal(std::size_t index, std::size_t pc, Cycles when, bool operands_read) {
    const hw::Tokens& tokens = program_.instructions[pc].tokens;
    for (std::size_t consumer = 0; consumer < kUnits; ++consumer) {
      const bool early =
          hw::token_means_operands_read(static_cast<hw::Unit>(index), static_cast<hw::Unit>(consumer));
      if (tokens.signal[consumer] && early == operands_read) signals_[index][consumer].push_back(when);
    }
  }

  void complete(const MemoryBus::Completion& completion) {
    if (completion.client == MemoryBus::kFetchClient) {
      dispatcher_time_ = completion.cycle;
      fetching_ = false;
      return;
    }
    const auto index = static_cast<std::size_t>(completion.client);
    units_[index].on_bus = false;
    release(index, completion.cycle, 0);
  }

  [[noreturn]] void fail() const {
    Cycles last = 0;
    for (const UnitState& unit : units_) last = std::max(last, unit.last_end);
    throw SimulationError("estimate", last,
                          fmt::format("deadlock, nothing can make progress any more; {} of {} instructions "
                                      "dispatched",
                                      next_pc_, instruction_count()));
  }

  const hw::Program& program_;
  const hw::ArchConfig& arch_;
  const std::vector<InstructionCost>& costs_;
  std::unique_ptr<MemoryBus> bus_;
  hw::MachineTrace trace_;
  std::array<UnitState, kUnits> units_;
  /// signals_[producer][consumer]: when each token came.
  std::array<std::array<std::vector<Cycles>, kUnits>, kUnits> signals_;
  /// Results of the array's last instruction on their way out.
  struct Leaving {
    std::size_t pc = 0;
    Cycles ends = 0;  ///< if nothing begins behind them
  };
  std::optional<Leaving> leaving_;
  std::int64_t next_pc_ = 0;
  std::int64_t fetched_up_to_ = 0;
  Cycles dispatcher_time_ = 0;
  bool fetching_ = false;
  bool halted_ = false;
};

}  // namespace

hw::MachineTrace run_recurrence(const hw::Program& program, const hw::ArchConfig& arch,
                                const std::vector<InstructionCost>& costs) {
  NPU_CHECK(costs.size() == program.instructions.size(), "every instruction has a cost");
  return Recurrence(program, arch, costs).run();
}

}  // namespace npu::sim
