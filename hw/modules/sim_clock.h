// Simulated time: one cycle of the machine's clock is 1 ns of SystemC time at 1 ps resolution, whatever
// clock_hz is, so that a thousandth of a cycle is exact. Instructions start and end on whole cycles; only the
// DRAM bus uses fractions.
#pragma once

#include <systemc>

#include "hw/common/units.h"

namespace npu::hw {

inline constexpr std::int64_t kTicksPerCycle = 1000;

inline sc_core::sc_time ticks(std::int64_t count) {
  return sc_core::sc_time::from_value(static_cast<sc_dt::uint64>(count));
}
inline sc_core::sc_time cycles_to_time(Cycles cycles) { return ticks(cycles * kTicksPerCycle); }

inline std::int64_t now_ticks() { return static_cast<std::int64_t>(sc_core::sc_time_stamp().value()); }

/// The running cycle: the whole cycles completed so far.
inline Cycles now_cycle() { return now_ticks() / kTicksPerCycle; }

/// Waits for the clock edge that ends the running cycle; no time if an edge is now.
inline void wait_for_clock_edge() {
  const std::int64_t fraction = now_ticks() % kTicksPerCycle;
  if (fraction != 0) sc_core::wait(ticks(kTicksPerCycle - fraction));
}

}  // namespace npu::hw
