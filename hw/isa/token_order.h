// What the tokens of a program order: exact happens-before between instructions, by vector clocks over the
// units. Units are in order and semaphores count, so the S-th token a unit takes from a producer is always
// the producer's S-th signal to it, whatever the latencies. Internal to hw/isa.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "hw/isa/finding_list.h"
#include "hw/isa/instruction.h"

namespace npu::hw {

class TokenOrder {
 public:
  explicit TokenOrder(std::int64_t instructions);

  /// Takes instruction `pc`, the next in program order (not HALT, unit and waits legal). Adds
  /// kUnsignalledWait where a wait has no signal earlier in the program, kSemaphoreOverflow where some
  /// interleaving exceeds the semaphore.
  void add(const Instruction& instruction, std::int64_t pc, FindingList& findings);

  /// True if instruction `earlier` has always ended before `later` starts (both added, earlier < later), or,
  /// where only what it reads matters, has always read its operands.
  bool ordered(std::int64_t earlier, std::int64_t later, bool reads_only) const;

 private:
  /// Instructions of each unit that have ended, and one place more: convolutions that have read their
  /// operands.
  using Clock = std::array<std::int32_t, kUnits + 1>;
  static constexpr std::size_t kOperandsRead = kUnits;

  struct Pair {
    std::vector<std::int64_t> signal_pcs;  ///< of the producer, in order
    std::int64_t taken = 0;
    bool overflow_reported = false;
  };
  struct Place {
    Unit unit = Unit::kLoadWeights;
    std::int32_t index = 0;  ///< among the instructions of its unit
    Clock start{};           ///< what has ended when it starts
  };

  void take_tokens(const Instruction& instruction, std::int64_t pc, Unit consumer, FindingList& findings);
  void give_tokens(const Instruction& instruction, std::int64_t pc, Unit producer, FindingList& findings);
  void join_end_of(std::int64_t pc, Clock& clock) const;
  void join_operands_read(std::int64_t pc, Clock& clock) const;
  Pair& pair(std::size_t producer, std::size_t consumer) { return pairs_[producer * kUnits + consumer]; }

  std::vector<Place> places_;                   ///< by pc
  std::array<std::int64_t, kUnits> last_pc_{};  ///< of each unit, -1 before its first
  std::array<std::int32_t, kUnits> issued_{};
  std::array<Pair, std::size_t{kUnits} * kUnits> pairs_;
  /// taken_after_[c][i][p]: tokens that unit c has taken from p when its instruction i has started.
  std::array<std::vector<std::array<std::int64_t, kUnits>>, kUnits> taken_after_;
};

}  // namespace npu::hw
