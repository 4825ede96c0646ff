// Hazard detector: at every instruction start, compares the bytes it reads and writes with those of the
// instructions in flight on other units. Read/write and write/write overlap is an error of the program, never
// resolved by waiting: the machine has no interlocks besides tokens. Also counts retired instructions, for
// HALT.
#pragma once

#include <array>
#include <cstdint>
#include <systemc>
#include <vector>

#include "hw/isa/program.h"
#include "hw/isa/regions.h"
#include "hw/modules/interfaces.h"

namespace npu::hw {

class Scoreboard : public sc_core::sc_module, public ScoreboardInterface {
 public:
  Scoreboard(const sc_core::sc_module_name& name, const MachineFormat& format);

  void start(Unit unit, const IssuedInstruction& issued) override;
  void operands_read(Unit unit, const IssuedInstruction& issued) override;
  void retire(Unit unit, const IssuedInstruction& issued) override;
  void wait_for_retired(std::int64_t count) override;

 private:
  struct InFlight {
    const IssuedInstruction* issued = nullptr;
    RegionSet regions;
  };
  void check_against(const InFlight& running, const InFlight& starting) const;

  // parameters
  MachineFormat format_;
  // state
  std::array<std::vector<InFlight>, kUnits> in_flight_;  ///< by unit, which keeps its own in order
  std::int64_t retired_ = 0;
  sc_core::sc_event retired_event_;
};

}  // namespace npu::hw
