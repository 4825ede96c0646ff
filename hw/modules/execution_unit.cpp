#include "hw/modules/execution_unit.h"

#include <algorithm>

#include "hw/modules/sim_clock.h"

namespace npu::hw {
namespace {

constexpr std::uint64_t kMaxRandomStall = 200;  ///< cycles

/// One step of splitmix64 (S. Vigna): the same sequence on every system.
std::uint64_t next_random(std::uint64_t& state) {
  state += 0x9E3779B97F4A7C15ULL;
  std::uint64_t mixed = state;
  mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9ULL;
  mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBULL;
  return mixed ^ (mixed >> 31);
}

}  // namespace

ExecutionUnit::ExecutionUnit(const sc_core::sc_module_name& name, Unit unit,
                             const UnitEnvironment& environment)
    : sc_module(name),
      instructions("instructions"),
      tokens("tokens"),
      scoreboard("scoreboard"),
      unit_(unit),
      environment_(environment),
      random_state_(environment.random_stall_seed + static_cast<std::uint64_t>(unit)) {
  SC_HAS_PROCESS(ExecutionUnit);
  SC_THREAD(run);
}

void ExecutionUnit::run() {
  environment_.failure.guard([this] {
    for (;;) step();
  });
}

void ExecutionUnit::step() {
  const IssuedInstruction* issued = instructions->read();
  current_ = issued;
  pc_ = issued->pc;
  InstructionRecord& record = environment_.trace.instructions[static_cast<std::size_t>(issued->pc)];
  record.dispatch_stall = now_cycle() - free_since_;
  record.random_stall = random_wait();
  if (record.random_stall > 0) sc_core::wait(cycles_to_time(record.random_stall));
  tokens->take(unit_, issued->instruction.tokens, record);
  prepare(*issued, record);
  record.start = now_cycle();
  record.shorten_stalls(std::min(record.start, busy_until_) - free_since_);
  scoreboard->start(unit_, *issued);
  executing_ = true;
  if (issued->instruction.opcode != Opcode::kSync) execute(*issued, record);
  executing_ = false;
  free_since_ = now_cycle();
  busy_until_ = free_since_;
  current_ = nullptr;
  pc_ = -1;
  scoreboard->operands_read(unit_, *issued);
  release(*issued);
  tokens->signal(unit_, issued->instruction.tokens, issued->pc, Moment::kOperandsRead);
}

void ExecutionUnit::prepare(const IssuedInstruction& /*issued*/, InstructionRecord& /*record*/) {}

void ExecutionUnit::release(const IssuedInstruction& issued) { retire(issued); }

void ExecutionUnit::retire(const IssuedInstruction& issued) {
  environment_.trace.instructions[static_cast<std::size_t>(issued.pc)].end = now_cycle();
  scoreboard->retire(unit_, issued);
  tokens->signal(unit_, issued.instruction.tokens, issued.pc, Moment::kEnded);
}

void ExecutionUnit::add_waves(WaveFile& file) const {
  file.add(executing_, std::string(name()) + ".executing");
  file.add(pc_, std::string(name()) + ".pc");
}

Cycles ExecutionUnit::random_wait() {
  if (environment_.random_stall_seed == 0) return 0;
  return static_cast<Cycles>(next_random(random_state_) % (kMaxRandomStall + 1));
}

}  // namespace npu::hw
