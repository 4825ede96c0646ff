#include "sim/engines/common/measurement.h"

#include <algorithm>
#include <numeric>

#include "hw/common/error.h"
#include "hw/timing/transfer_timing.h"
#include "sim/engines/common/counted_time.h"
#include "sim/engines/common/high_water.h"

namespace npu::sim {
namespace {

using hw::InstructionRecord;
using hw::MachineTrace;

/// A stall before an instruction, by cause, in the order in which the unit went through them. Several
/// producers missing one after the other are taken in their numbering.
struct Stall {
  std::string cause;
  Cycles cycles = 0;
};

std::vector<Stall> stalls_of(const InstructionRecord& record) {
  std::vector<Stall> stalls;
  const auto add = [&](const char* cause, Cycles cycles) {
    if (cycles > 0) stalls.push_back({cause, cycles});
  };
  add("dispatch", record.dispatch_stall);
  add("random", record.random_stall);
  for (int producer = 0; producer < hw::kUnits; ++producer) {
    add(hw::unit_name(static_cast<hw::Unit>(producer)),
        record.token_stall[static_cast<std::size_t>(producer)]);
  }
  return stalls;
}

bool executed(const InstructionRecord& record) { return record.start >= 0; }

bool on_compute_unit(const hw::Instruction& instruction) {
  const hw::Unit unit = hw::unit_of(instruction);
  return unit == hw::Unit::kConv || unit == hw::Unit::kVector;
}

void add_unit_times(const hw::Program& program, const MachineTrace& trace, RunResult& result) {
  std::array<Cycles, hw::kUnits> last_end{};
  for (std::size_t pc = 0; pc < trace.instructions.size(); ++pc) {
    const InstructionRecord& record = trace.instructions[pc];
    if (!executed(record)) continue;
    const auto unit = static_cast<std::size_t>(hw::unit_of(program.instructions[pc]));
    result.units[unit].busy += record.busy();
    for (const Stall& stall : stalls_of(record)) result.units[unit].stalls[stall.cause] += stall.cycles;
    last_end[unit] = record.end;
  }
  for (std::size_t unit = 0; unit < hw::kUnits; ++unit) {
    UnitTime& time = result.units[unit];
    time.idle = result.cycles - last_end[unit];
    Cycles sum = time.busy + time.idle;
    for (const auto& [cause, cycles] : time.stalls) sum += cycles;
    NPU_CHECK(sum == result.cycles, std::string("busy + stalls + idle is the total of ") +
                                        hw::unit_name(static_cast<hw::Unit>(unit)));
  }
}

/// Time of a resource that only works or idles.
UnitTime busy_or_idle(Cycles busy, Cycles total, const char* name) {
  NPU_CHECK(busy <= total, std::string(name) + " is busy no longer than the program runs");
  UnitTime time;
  time.busy = busy;
  time.idle = total - busy;
  return time;
}

/// Counts, traffic and saturations of one instruction, added to a layer or to the whole.
void add_work(const hw::Instruction& instruction, const InstructionRecord& record, const hw::ArchConfig& arch,
              LayerTime& layer) {
  layer.counts += hw::access_counts(instruction, arch);
  layer.saturated += record.saturated;
  const hw::BusTraffic traffic = hw::bus_traffic(instruction, arch.dram);
  layer.dram_read_bytes += traffic.read;
  layer.dram_write_bytes += traffic.written;
}

/// Stalls of the compute units, only as far as they lie after `begin`: what came before belongs to earlier
/// layers.
void add_compute_stalls(const InstructionRecord& record, Cycles begin, LayerTime& layer) {
  const auto stalls = stalls_of(record);
  Cycles at = std::accumulate(stalls.begin(), stalls.end(), record.start,
                              [](Cycles time, const Stall& stall) { return time - stall.cycles; });
  for (const Stall& stall : stalls) {
    const Cycles counted = at + stall.cycles - std::max(at, begin);
    if (counted > 0) layer.stalls[stall.cause] += counted;
    at += stall.cycles;
  }
}

LayerTime measure_layer(const hw::Program& program, const hw::LayerSymbol& symbol, const hw::ArchConfig& arch,
                        const MachineTrace& trace, Cycles begin) {
  LayerTime layer;
  bool any = false;
  for (std::int64_t pc = symbol.first_pc; pc < symbol.last_pc; ++pc) {
    const InstructionRecord& record = trace.instructions.at(static_cast<std::size_t>(pc));
    if (!executed(record)) continue;
    const hw::Instruction& instruction = program.instructions[static_cast<std::size_t>(pc)];
    layer.start = any ? std::min(layer.start, record.start) : record.start;
    layer.end = std::max(layer.end, record.end);
    any = true;
    add_work(instruction, record, arch, layer);
    if (!on_compute_unit(instruction)) continue;
    layer.compute_busy += record.busy();
    add_compute_stalls(record, begin, layer);
  }
  layer.cycles = std::max<Cycles>(0, layer.end - begin);
  return layer;
}

void add_layers(const hw::Program& program, const hw::ArchConfig& arch, const MachineTrace& trace,
                RunResult& result) {
  Cycles reached = 0;
  for (const hw::LayerSymbol& symbol : program.layers) {
    result.layers.push_back(measure_layer(program, symbol, arch, trace, reached));
    reached += result.layers.back().cycles;
  }
  // What remains is HALT finding that all is done.
  if (!result.layers.empty()) result.layers.back().cycles += result.cycles - reached;
}

void add_totals(const hw::Program& program, const hw::ArchConfig& arch, const MachineTrace& trace,
                RunResult& result) {
  LayerTime all;
  for (std::size_t pc = 0; pc < trace.instructions.size(); ++pc) {
    if (executed(trace.instructions[pc]))
      add_work(program.instructions[pc], trace.instructions[pc], arch, all);
  }
  result.counts = all.counts;
  result.counts[hw::Component::kDram] += trace.instruction_fetch_bytes;
  result.instruction_fetch_bytes = trace.instruction_fetch_bytes;
  result.dram_read_bytes = trace.dram_read_bytes;
  result.dram_write_bytes = trace.dram_write_bytes;
  NPU_CHECK(trace.dram_read_bytes == all.dram_read_bytes + trace.instruction_fetch_bytes &&
                trace.dram_write_bytes == all.dram_write_bytes,
            "the DRAM bus carried the bytes of the transfers and of the fetch, no more and no less");
  NPU_CHECK(trace.compounded == result.counts[hw::Component::kCompounding],
            "the compounding unit took every output of the CONVs");
}

}  // namespace

RunResult measure(const hw::Program& program, const hw::ArchConfig& arch, const MachineTrace& whole_trace) {
  const MachineTrace trace =
      arch.execution.counts_vector_layers ? whole_trace : without_vector_layers(program, arch, whole_trace);
  RunResult result;
  result.cycles = trace.cycles;
  add_unit_times(program, trace, result);
  result.dram_bus = busy_or_idle(trace.dram_bus_busy, trace.cycles, "the DRAM bus");
  result.compounding_unit = busy_or_idle(trace.compounding_busy, trace.cycles, "the compounding unit");
  add_layers(program, arch, trace, result);
  add_totals(program, arch, trace, result);
  result.high_water_bytes = high_water_bytes(program, whole_trace);
  return result;
}

}  // namespace npu::sim
