// 1. Walk the instructions in program order. Per memory an interval map holds, for each byte, the last writer
// and the
//    last reader of each unit since.
// 2. An instruction depends, for each other unit, on that unit's latest conflicting instruction.
// 3. Drop dependencies that its unit's earlier instructions, or another of its dependencies, already imply
// (vector
//    clocks: for each instruction, the latest instruction of every unit known to have ended before it ends).
// 4. Every remaining dependency is one signal of the producer and one wait of the consumer: both units are in
// order, so
//    the k-th wait meets the k-th signal.
#include "compiler/codegen/token_insertion.h"

#include <algorithm>
#include <array>
#include <map>
#include <vector>

#include "hw/common/error.h"
#include "hw/isa/regions.h"

namespace npu::compiler {
namespace {

constexpr std::int64_t kNone = -1;
using Clock = std::array<std::int64_t, hw::kUnits>;  ///< per unit: the latest pc known to have ended

Clock empty_clock() {
  Clock clock{};
  clock.fill(kNone);
  return clock;
}

void merge(Clock& into, const Clock& other) {
  for (int unit = 0; unit < hw::kUnits; ++unit) into[unit] = std::max(into[unit], other[unit]);
}

// Last accesses of every byte of one memory.
class AccessMap {
 public:
  // Collects conflicts of an access by `unit` and records it.
  void access(std::int64_t begin, std::int64_t end, bool write, int unit, std::int64_t pc, Clock& latest) {
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

  static void collect(const Entry& entry, bool write, Clock& latest) {
    merge(latest, entry.state.writer);
    if (write) merge(latest, entry.state.reader);
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
Clock dependencies(const hw::Program& program, std::int64_t pc, int unit,
                   std::array<AccessMap, hw::kMemories>& memories) {
  Clock latest = empty_clock();
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
  latest[unit] = kNone;
  return latest;
}

}  // namespace

void insert_tokens(hw::Program& program, bool layers_overlap) {
  auto& instructions = program.instructions;
  for (auto& instruction : instructions) instruction.tokens = {};
  std::array<AccessMap, hw::kMemories> memories;
  std::vector<Clock> ended(instructions.size(), empty_clock());
  Clock unit_clock_index = empty_clock();  // latest pc of each unit so far
  Clock layer_before = empty_clock();  // latest pc of each unit in earlier layers, if layers do not overlap
  std::size_t next_layer = 0;

  for (std::int64_t pc = 0; pc < static_cast<std::int64_t>(instructions.size()); ++pc) {
    auto& instruction = instructions[pc];
    if (instruction.opcode == hw::Opcode::kHalt) continue;
    const auto unit = static_cast<int>(hw::unit_of(instruction));
    Clock known = unit_clock_index[unit] == kNone ? empty_clock() : ended[unit_clock_index[unit]];
    Clock needed = dependencies(program, pc, unit, memories);
    if (!layers_overlap) {
      for (; next_layer < program.layers.size() && program.layers[next_layer].first_pc <= pc; ++next_layer) {
        layer_before = unit_clock_index;
      }
      merge(needed, layer_before);
      needed[unit] = kNone;
    }
    for (int producer = 0; producer < hw::kUnits; ++producer) {
      if (needed[producer] <= known[producer]) needed[producer] = kNone;
    }
    const Clock candidates = needed;
    for (int producer = 0; producer < hw::kUnits; ++producer) {
      for (int other = 0; other < hw::kUnits; ++other) {
        if (other == producer || candidates[other] == kNone || needed[other] == kNone) continue;
        if (ended[candidates[other]][producer] >= needed[producer]) needed[producer] = kNone;
      }
    }
    for (int producer = 0; producer < hw::kUnits; ++producer) {
      if (needed[producer] == kNone) continue;
      auto& signal = instructions[needed[producer]].tokens.signal[unit];
      NPU_CHECK(!signal, "one instruction would signal a unit twice");
      signal = true;
      instruction.tokens.wait[producer] = 1;
      merge(known, ended[needed[producer]]);
    }
    known[unit] = pc;
    ended[pc] = known;
    unit_clock_index[unit] = pc;
  }
}

}  // namespace npu::compiler
