#include "hw/modules/token_file.h"

#include <fmt/core.h>

#include <optional>

#include "hw/common/error.h"
#include "hw/isa/token_rules.h"
#include "hw/modules/sim_clock.h"

namespace npu::hw {
namespace {

using Counts = std::array<std::int64_t, kUnitSlots>;

/// First producer that has not signalled enough.
std::optional<std::size_t> first_missing(const Counts& counts, const Tokens& tokens) {
  for (std::size_t producer = 0; producer < counts.size(); ++producer) {
    if (counts[producer] < tokens.wait[producer]) return producer;
  }
  return std::nullopt;
}

std::string slot_name(std::size_t slot) {
  return slot < kUnits ? unit_name(static_cast<Unit>(slot)) : fmt::format("slot {}", slot);
}

}  // namespace

TokenFile::TokenFile(const sc_core::sc_module_name& name) : sc_module(name) {}

// While several producers are missing, the time counts for the first of them.
void TokenFile::take(Unit consumer, const Tokens& tokens, InstructionRecord& record) {
  Counts& held = counts(consumer);
  waiting_[static_cast<std::size_t>(consumer)] = &tokens;
  while (const auto missing = first_missing(held, tokens)) {
    const Cycles since = now_cycle();
    sc_core::wait(signalled_[static_cast<std::size_t>(consumer)]);
    record.token_stall[*missing] += now_cycle() - since;
  }
  waiting_[static_cast<std::size_t>(consumer)] = nullptr;
  for (std::size_t producer = 0; producer < held.size(); ++producer) held[producer] -= tokens.wait[producer];
}

void TokenFile::signal(Unit producer, const Tokens& tokens, std::int64_t pc, Moment moment) {
  for (std::size_t consumer = 0; consumer < kUnitSlots; ++consumer) {
    const bool early = token_means_operands_read(producer, static_cast<Unit>(consumer));
    if (!tokens.signal[consumer] || early != (moment == Moment::kOperandsRead)) continue;
    if (consumer >= kUnits) {
      throw SimulationError(name(), now_cycle(),
                            fmt::format("instruction {} signals {}, expected one of the {} units", pc,
                                        slot_name(consumer), kUnits));
    }
    std::int64_t& count = counts_[consumer][static_cast<std::size_t>(producer)];
    if (count == kMaxTokens) {
      throw SimulationError(
          name(), now_cycle(),
          fmt::format("instruction {} overflows the semaphore from {} to {}, which holds {} tokens", pc,
                      unit_name(producer), slot_name(consumer), kMaxTokens));
    }
    ++count;
    signalled_[consumer].notify();
  }
}

void TokenFile::add_waves(WaveFile& file) const {
  for (std::size_t producer = 0; producer < kUnits; ++producer) {
    for (std::size_t consumer = 0; consumer < kUnits; ++consumer) {
      file.add(counts_[consumer][producer],
               fmt::format("{}.{}_to_{}", name(), slot_name(producer), slot_name(consumer)));
    }
  }
}

std::string TokenFile::awaited_by(Unit consumer) const {
  const auto index = static_cast<std::size_t>(consumer);
  if (waiting_[index] == nullptr) return "";
  const auto missing = first_missing(counts_[index], *waiting_[index]);
  if (!missing) return "";
  return fmt::format("{} token(s) of {} (has {})", waiting_[index]->wait[*missing], slot_name(*missing),
                     counts_[index][*missing]);
}

}  // namespace npu::hw
