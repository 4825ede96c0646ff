#include "hw/isa/token_order.h"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>

#include "hw/isa/fields.h"
#include "hw/isa/token_rules.h"

namespace npu::hw {
namespace {

std::size_t slot(Unit unit) { return static_cast<std::size_t>(unit); }

}  // namespace

TokenOrder::TokenOrder(std::int64_t instructions) : places_(static_cast<std::size_t>(instructions)) {
  last_pc_.fill(-1);
}

void TokenOrder::join_end_of(std::int64_t pc, Clock& clock) const {
  join_operands_read(pc, clock);
  const Place& place = places_[static_cast<std::size_t>(pc)];
  clock[slot(place.unit)] = std::max(clock[slot(place.unit)], place.index + 1);
}

// What has ended when `pc` starts includes the instruction before it on its unit.
void TokenOrder::join_operands_read(std::int64_t pc, Clock& clock) const {
  const Place& place = places_[static_cast<std::size_t>(pc)];
  for (std::size_t entry = 0; entry < clock.size(); ++entry) {
    clock[entry] = std::max(clock[entry], place.start[entry]);
  }
  if (place.unit == Unit::kConv) clock[kOperandsRead] = std::max(clock[kOperandsRead], place.index + 1);
}

void TokenOrder::add(const Instruction& instruction, std::int64_t pc, FindingList& findings) {
  const Unit unit = unit_of(instruction);
  Place& place = places_[static_cast<std::size_t>(pc)];
  place.unit = unit;
  place.index = issued_[slot(unit)]++;
  if (last_pc_[slot(unit)] >= 0) join_end_of(last_pc_[slot(unit)], place.start);
  last_pc_[slot(unit)] = pc;
  take_tokens(instruction, pc, unit, findings);
  give_tokens(instruction, pc, unit, findings);
}

void TokenOrder::take_tokens(const Instruction& instruction, std::int64_t pc, Unit consumer,
                             FindingList& findings) {
  Place& place = places_[static_cast<std::size_t>(pc)];
  std::array<std::int64_t, kUnits> taken{};
  for (std::size_t producer = 0; producer < kUnits; ++producer) {
    Pair& tokens = pair(producer, slot(consumer));
    const int wait = instruction.tokens.wait[producer];
    tokens.taken += wait;
    taken[producer] = tokens.taken;
    if (wait == 0) continue;
    if (tokens.taken > std::ssize(tokens.signal_pcs)) {
      findings.add(
          FindingKind::kUnsignalledWait, pc,
          fmt::format("{} on unit {} takes token {} from unit {}, which has signalled only {} before it in "
                      "program order",
                      opcode_name(instruction.opcode), unit_name(consumer), tokens.taken,
                      unit_name(static_cast<Unit>(producer)), tokens.signal_pcs.size()));
      continue;
    }
    const std::int64_t signalled_by = tokens.signal_pcs[static_cast<std::size_t>(tokens.taken - 1)];
    if (token_means_operands_read(static_cast<Unit>(producer), consumer)) {
      join_operands_read(signalled_by, place.start);
    } else {
      join_end_of(signalled_by, place.start);
    }
  }
  taken_after_[slot(consumer)].push_back(taken);
}

// The most tokens that can wait in a semaphore when this signal arrives: the consumer may be as late as the
// clocks allow, so it has taken only what its instructions took that must have ended before this one starts.
void TokenOrder::give_tokens(const Instruction& instruction, std::int64_t pc, Unit producer,
                             FindingList& findings) {
  const Place& place = places_[static_cast<std::size_t>(pc)];
  for (std::size_t consumer = 0; consumer < kUnits; ++consumer) {
    if (!instruction.tokens.signal[consumer]) continue;
    Pair& tokens = pair(slot(producer), consumer);
    tokens.signal_pcs.push_back(pc);
    const bool itself = consumer == slot(producer);
    const std::int32_t started = itself ? place.index + 1 : place.start[consumer];
    const std::int64_t taken =
        started == 0 ? 0 : taken_after_[consumer][static_cast<std::size_t>(started - 1)][slot(producer)];
    const std::int64_t outstanding = std::ssize(tokens.signal_pcs) - taken;
    if (outstanding > kMaxTokens && !tokens.overflow_reported) {
      tokens.overflow_reported = true;
      findings.add(FindingKind::kSemaphoreOverflow, pc,
                   fmt::format("{} on unit {} can bring the tokens for unit {} to {}, the semaphore holds {}",
                               opcode_name(instruction.opcode), unit_name(producer),
                               unit_name(static_cast<Unit>(consumer)), outstanding, kMaxTokens));
    }
  }
}

bool TokenOrder::ordered(std::int64_t earlier, std::int64_t later, bool reads_only) const {
  const Place& first = places_[static_cast<std::size_t>(earlier)];
  const Place& second = places_[static_cast<std::size_t>(later)];
  if (first.unit == second.unit) return true;
  const std::size_t entry = reads_only && first.unit == Unit::kConv ? kOperandsRead : slot(first.unit);
  return first.index < second.start[entry];
}

}  // namespace npu::hw
