#include "hw/modules/scoreboard.h"

#include <fmt/core.h>

#include <utility>

#include "hw/common/error.h"
#include "hw/isa/disassembler.h"
#include "hw/modules/sim_clock.h"

namespace npu::hw {
namespace {

struct Overlap {
  const Region* first = nullptr;
  const Region* second = nullptr;
};

Overlap find_overlap(const std::vector<Region>& first, const std::vector<Region>& second) {
  for (const Region& a : first) {
    for (const Region& b : second) {
      if (may_overlap(a, b)) return {&a, &b};
    }
  }
  return {};
}

}  // namespace

Scoreboard::Scoreboard(const sc_core::sc_module_name& name, const MachineFormat& format)
    : sc_module(name), format_(format) {}

void Scoreboard::start(Unit unit, const IssuedInstruction& issued) {
  InFlight starting{&issued, regions_of(issued.instruction, format_)};
  for (std::size_t other = 0; other < in_flight_.size(); ++other) {
    if (other == static_cast<std::size_t>(unit)) continue;
    for (const InFlight& running : in_flight_[other]) check_against(running, starting);
  }
  in_flight_[static_cast<std::size_t>(unit)].push_back(std::move(starting));
}

void Scoreboard::operands_read(Unit unit, const IssuedInstruction& issued) {
  for (InFlight& running : in_flight_[static_cast<std::size_t>(unit)]) {
    if (running.issued == &issued) running.regions.reads.clear();
  }
}

void Scoreboard::retire(Unit unit, const IssuedInstruction& issued) {
  std::erase_if(in_flight_[static_cast<std::size_t>(unit)],
                [&](const InFlight& running) { return running.issued == &issued; });
  ++retired_;
  retired_event_.notify();
}

void Scoreboard::wait_for_retired(std::int64_t count) {
  while (retired_ < count) sc_core::wait(retired_event_);
}

void Scoreboard::check_against(const InFlight& running, const InFlight& starting) const {
  const auto fail_on = [&](const char* how, const Overlap& overlap) {
    if (overlap.first == nullptr) return;
    throw SimulationError(
        name(), now_cycle(),
        fmt::format(
            "hazard: instruction {} starts to {} of {} in flight in instruction {}, bytes [{}, {}) and "
            "[{}, {}), and no token orders them\n  {}: {}\n  {}: {}",
            starting.issued->pc, how, memory_name(overlap.first->memory), running.issued->pc,
            overlap.second->begin, overlap.second->end(), overlap.first->begin, overlap.first->end(),
            running.issued->pc, disassemble(running.issued->instruction), starting.issued->pc,
            disassemble(starting.issued->instruction)));
  };
  fail_on("read a write", find_overlap(running.regions.writes, starting.regions.reads));
  fail_on("overwrite a read", find_overlap(running.regions.reads, starting.regions.writes));
  fail_on("overwrite a write", find_overlap(running.regions.writes, starting.regions.writes));
}

}  // namespace npu::hw
