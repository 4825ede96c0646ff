// 1. Walk the instructions in program order. Per memory an interval map holds, for each byte, the last writer
// and the
//    last reader of each unit since.
// 2. An instruction depends, for each other unit, on that unit's latest conflicting instruction.
// 3. Drop dependencies that its unit's earlier instructions, or another of its dependencies, already imply
// (vector
//    clocks: for each instruction, the latest instruction of every unit known to have ended before it ends).
//    A token of the array for a load unit says only that operands have been read: it orders the load behind
//    reads of that instruction and results of the one before, so that a load which overwrites results takes
//    the token of a later convolution.
// 4. Every remaining dependency is one signal of the producer and one wait of the consumer: both units are in
// order, so
//    the k-th wait meets the k-th signal.
// 5. A unit that could run so far ahead of another that a semaphore overflows (hundreds of weight tiles in a
// large
//    SRAM) also waits for the other to have taken all but a few of its tokens.
#include "compiler/codegen/token_insertion.h"

#include <algorithm>
#include <array>
#include <map>
#include <vector>

#include "hw/common/error.h"
#include "hw/isa/regions.h"
#include "hw/isa/token_rules.h"

namespace npu::compiler {
namespace {

constexpr std::int64_t kNone = -1;
using Clock = std::array<std::int64_t, hw::kUnits>;  ///< per unit: the latest pc known to have ended

// Tokens that a unit may be ahead before it waits: room for those whose takers stand later in the program.
constexpr std::int64_t kMostAhead = hw::kMaxTokens - 31;
constexpr std::int64_t kStillAhead = kMostAhead / 2;  ///< after it has waited

Clock empty_clock() {
  Clock clock{};
  clock.fill(kNone);
  return clock;
}

void merge(Clock& into, const Clock& other) {
  for (int unit = 0; unit < hw::kUnits; ++unit) into[unit] = std::max(into[unit], other[unit]);
}

// By unit, the latest instruction that must have written its results, and that must have read its operands.
struct Needs {
  Clock results = empty_clock();
  Clock operands = empty_clock();
};

// Last accesses of every byte of one memory.
class AccessMap {
 public:
  // Collects conflicts of an access by `unit` and records it.
  void access(std::int64_t begin, std::int64_t end, bool write, int unit, std::int64_t pc, Needs& latest) {
    split(begin);
    split(end);
    auto entry = entries_.lower_bound(begin);
    std::int64_t covered = begin;
    while (covered < end) {
      if (entry == entries_.end() || entry->first > covered) {
        const std::int64_t gap_end = entry == entries_.end() ? end : std::min(end, entry->first);
        entry = entries_.emplace_hint(entry, covered, Entry{gap_end, {}});
      }
      collect(entry->second, write, latest);
      covered = entry->second.end;
      if (write) {
        entry = entries_.erase(entry);
      } else {
        entry->second.state.reader[unit] = pc;
        ++entry;
      }
    }
    if (write) {
      Entry fresh{end, {}};
      fresh.state.writer[unit] = pc;
      entries_.emplace(begin, fresh);
    }
  }

 private:
  struct State {
    Clock writer = empty_clock();
    Clock reader = empty_clock();
  };
  struct Entry {
    std::int64_t end;
    State state;
  };

  static void collect(const Entry& entry, bool write, Needs& latest) {
    merge(latest.results, entry.state.writer);
    if (write) merge(latest.operands, entry.state.reader);
  }

  // Makes `position` a boundary between entries.
  void split(std::int64_t position) {
    auto after = entries_.lower_bound(position);
    if (after == entries_.begin()) return;
    auto entry = std::prev(after);
    if (entry->second.end <= position) return;
    Entry right = entry->second;
    entry->second.end = position;
    entries_.emplace(position, right);
  }

  std::map<std::int64_t, Entry> entries_;
};

// Latest conflicting instruction of every other unit.
Needs dependencies(const hw::Program& program, std::int64_t pc, int unit,
                   std::array<AccessMap, hw::kMemories>& memories) {
  Needs latest;
  const auto regions = hw::regions_of(program.instructions[pc], program.format);
  const auto visit = [&](const hw::Region& region, bool write) {
    const bool constant = region.memory == hw::Memory::kDram && region.begin < program.dram.activation_base;
    NPU_CHECK(!(constant && write), "a store into the constant area");
    if (constant) return;
    memories[static_cast<std::size_t>(region.memory)].access(region.begin, region.end(), write, unit, pc,
                                                             latest);
  };
  for (const auto& region : regions.reads) visit(region, false);
  for (const auto& region : regions.writes) visit(region, true);
  latest.results[unit] = latest.operands[unit] = kNone;
  return latest;
}

// The order that tokens make so far, and the tokens of one more instruction.
class TokenInsertion {
 public:
  TokenInsertion(hw::Program& program, bool layers_overlap)
      : program_(program),
        layers_overlap_(layers_overlap),
        ended_(program.instructions.size(), empty_clock()),
        before_(program.instructions.size(), kNone) {
    operands_known_.fill(kNone);
  }

  void add(std::int64_t pc) {
    const auto unit = static_cast<int>(hw::unit_of(program_.instructions[pc]));
    before_[pc] = latest_[unit];
    Clock known = latest_[unit] == kNone ? empty_clock() : ended_[latest_[unit]];
    Needs needs = dependencies(program_, pc, unit, memories_);
    if (!layers_overlap_) merge(needs.results, ends_of_layer_before(pc, unit));
    bound_tokens(needs, known, unit);
    for (int producer = 0; producer < hw::kUnits; ++producer) {
      if (!early(producer, unit)) {
        needs.results[producer] = std::max(needs.results[producer], needs.operands[producer]);
        needs.operands[producer] = kNone;
      }
    }
    drop_known(needs, known, unit);
    drop_implied(needs);
    take_by_operands(needs, unit);
    for (int producer = 0; producer < hw::kUnits; ++producer) {
      take(producer, unit, pc, needs, known);
    }
    known[unit] = pc;
    ended_[pc] = known;
    latest_[unit] = pc;
  }

 private:
  static bool early(int producer, int consumer) {
    return hw::token_means_operands_read(static_cast<hw::Unit>(producer), static_cast<hw::Unit>(consumer));
  }

  Clock ends_of_layer_before(std::int64_t pc, int unit) {
    for (; next_layer_ < program_.layers.size() && program_.layers[next_layer_].first_pc <= pc;
         ++next_layer_) {
      layer_before_ = latest_;
    }
    Clock ends = layer_before_;
    ends[unit] = kNone;
    return ends;
  }

  // Keeps what the unit's signals can pile up below what a semaphore holds.
  void bound_tokens(Needs& needs, const Clock& known, int unit) const {
    for (int consumer = 0; consumer < hw::kUnits; ++consumer) {
      const auto& takers = takers_[unit][consumer];
      const auto taken = std::upper_bound(takers.begin(), takers.end(), known[consumer]);
      if (takers.end() - taken < kMostAhead) continue;
      auto& need = early(consumer, unit) ? needs.operands : needs.results;
      need[consumer] = std::max(need[consumer], *(takers.end() - kStillAhead));
    }
  }

  void drop_known(Needs& needs, const Clock& known, int unit) const {
    for (int producer = 0; producer < hw::kUnits; ++producer) {
      if (needs.results[producer] <= known[producer]) needs.results[producer] = kNone;
      if (needs.operands[producer] <= std::max(known[producer], operands_known_[unit])) {
        needs.operands[producer] = kNone;
      }
    }
  }

  // What another of the needed instructions, once it has ended, implies.
  void drop_implied(Needs& needs) const {
    const Clock candidates = needs.results;
    for (int producer = 0; producer < hw::kUnits; ++producer) {
      for (int other = 0; other < hw::kUnits; ++other) {
        if (other == producer || candidates[other] == kNone || needs.results[other] == kNone) continue;
        const std::int64_t implied = ended_[candidates[other]][producer];
        if (implied >= needs.results[producer]) needs.results[producer] = kNone;
        if (implied >= needs.operands[producer]) needs.operands[producer] = kNone;
      }
    }
  }

  // A load that overwrites results (of a map that stayed on chip) has no token for their end, but a later
  // convolution that has read its operands proves it, and so does another unit's instruction that waited for
  // it.
  void take_by_operands(Needs& needs, int unit) const {
    for (int producer = 0; producer < hw::kUnits; ++producer) {
      const std::int64_t result = needs.results[producer];
      if (result == kNone || !early(producer, unit)) continue;
      if (needs.operands[producer] <= result && before_[latest_[producer]] >= result) {
        needs.operands[producer] = latest_[producer];
      }
      if (needs.operands[producer] > result) {
        needs.results[producer] = kNone;
        continue;
      }
      for (int other = 0; other < hw::kUnits; ++other) {
        if (latest_[other] == kNone || early(other, unit) || ended_[latest_[other]][producer] < result)
          continue;
        needs.results[other] = std::max(needs.results[other], latest_[other]);
        needs.results[producer] = kNone;
        break;
      }
    }
  }

  // One wait of `pc` and one signal of the instruction it needs.
  void take(int producer, int unit, std::int64_t pc, const Needs& needs, Clock& known) {
    const bool operands = early(producer, unit);
    NPU_CHECK(!operands || needs.results[producer] == kNone,
              "a load overwrites results of the last convolution, which nobody has taken from the buffer");
    const std::int64_t needed = operands ? needs.operands[producer] : needs.results[producer];
    if (needed == kNone) return;
    auto& signal = program_.instructions[needed].tokens.signal[unit];
    NPU_CHECK(!signal, "one instruction would signal a unit twice");
    signal = true;
    program_.instructions[pc].tokens.wait[producer] = 1;
    takers_[producer][unit].push_back(pc);
    Clock told = ended_[needed];
    if (operands) {
      told[producer] = before_[needed];
      operands_known_[unit] = needed;
    }
    merge(known, told);
  }

  hw::Program& program_;
  bool layers_overlap_;
  std::array<AccessMap, hw::kMemories> memories_;
  std::vector<Clock> ended_;          ///< by pc: what has ended when it ends
  std::vector<std::int64_t> before_;  ///< by pc: the instruction before it on its unit
  std::array<std::array<std::vector<std::int64_t>, hw::kUnits>, hw::kUnits>
      takers_;                    ///< by producer, consumer
  Clock operands_known_;          ///< by unit: the latest convolution known to have read its operands
  Clock latest_ = empty_clock();  ///< of each unit so far
  Clock layer_before_ = empty_clock();
  std::size_t next_layer_ = 0;
};

}  // namespace

void insert_tokens(hw::Program& program, bool layers_overlap) {
  for (auto& instruction : program.instructions) instruction.tokens = {};
  TokenInsertion insertion(program, layers_overlap);
  for (std::int64_t pc = 0; pc < static_cast<std::int64_t>(program.instructions.size()); ++pc) {
    if (program.instructions[pc].opcode != hw::Opcode::kHalt) insertion.add(pc);
  }
}

}  // namespace npu::compiler
