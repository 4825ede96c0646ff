// The dependency tokens: one counting semaphore for each ordered pair (producer unit, consumer unit), zero at
// reset. Models: waiting, taking and signalling as hw/isa/instruction.h defines them, in no time; counters of
// finite width.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <systemc>

#include "hw/modules/interfaces.h"
#include "hw/modules/wave.h"

namespace npu::hw {

class TokenFile : public sc_core::sc_module, public TokenInterface {
 public:
  explicit TokenFile(const sc_core::sc_module_name& name);

  void take(Unit consumer, const Tokens& tokens, InstructionRecord& record) override;
  void signal(Unit producer, const Tokens& tokens, std::int64_t pc, Moment moment) override;

  /// What the consumer waits for now, or empty: "1 token of load_weights (has 0)".
  std::string awaited_by(Unit consumer) const;

  void add_waves(WaveFile& file) const;

 private:
  std::array<std::int64_t, kUnitSlots>& counts(Unit consumer) {
    return counts_[static_cast<std::size_t>(consumer)];
  }

  // state: counts_[consumer][producer]
  std::array<std::array<std::int64_t, kUnitSlots>, kUnits> counts_{};
  std::array<const Tokens*, kUnits> waiting_{};
  std::array<sc_core::sc_event, kUnits> signalled_;  ///< per consumer
};

}  // namespace npu::hw
