#include "sim/report/conservation.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "hw/common/error.h"
#include "hw/isa/regions.h"

namespace npu::sim {
namespace {

// Sums of a few hundred doubles: anything beyond rounding is a defect.
constexpr double kEnergyTolerance = 1e-12;

class Checker {
 public:
  explicit Checker(Cycles cycles) : cycles_(cycles) {}

  void require(bool holds, const std::string& law, const std::string& numbers) const {
    if (!holds) throw SimulationError("report", cycles_, fmt::format("{} does not hold: {}", law, numbers));
  }

 private:
  Cycles cycles_;
};

void check_time(const RunReport& report, const Summary& summary, const Checker& checker) {
  const auto& result = report.timed->result;
  const auto pes = report.arch.pe_array.pe_count();
  checker.require(result.cycles * pes >= summary.effective_macs, "cycles >= MACs / PEs",
                  fmt::format("{} cycles, {} MACs, {} PEs", result.cycles, summary.effective_macs, pes));
  const auto bytes = result.dram_read_bytes + result.dram_write_bytes;
  const double least = static_cast<double>(bytes) / report.arch.dram.bytes_per_cycle;
  checker.require(static_cast<double>(result.cycles) >= std::floor(least), "cycles >= DRAM bytes / bandwidth",
                  fmt::format("{} cycles, {} bytes, {} bytes per cycle", result.cycles, bytes,
                              report.arch.dram.bytes_per_cycle));
  const auto layers = std::accumulate(result.layers.begin(), result.layers.end(), Cycles{0},
                                      [](Cycles sum, const LayerTime& layer) { return sum + layer.cycles; });
  checker.require(layers <= result.cycles, "sum of layer cycles <= cycles",
                  fmt::format("{} and {}", layers, result.cycles));
}

void check_unit(const char* name, const UnitTime& unit, Cycles cycles, const Checker& checker) {
  Cycles stalled = 0;
  bool negative = unit.busy < 0 || unit.idle < 0;
  for (const auto& [cause, stall] : unit.stalls) {
    stalled += stall;
    negative = negative || stall < 0;
  }
  checker.require(
      !negative && unit.busy + stalled + unit.idle == cycles, "busy + stalled + idle = total",
      fmt::format("unit {}: {} + {} + {} against {}", name, unit.busy, stalled, unit.idle, cycles));
}

void check_traffic(const RunReport& report, const Checker& checker) {
  const auto& result = report.timed->result;
  const auto& footprint = report.program.footprint;
  const auto input = input_bytes_loaded(report.program);
  const auto constants = footprint.weight_bytes + footprint.bias_bytes + footprint.shift_bytes;
  checker.require(result.dram_read_bytes >= constants + input, "DRAM reads >= weights + input",
                  fmt::format("{} bytes read, {} of weights, biases and shifts, {} of input",
                              result.dram_read_bytes, constants, input));
  std::int64_t reads = result.instruction_fetch_bytes;
  std::int64_t writes = 0;
  for (const auto& layer : result.layers) {
    reads += layer.dram_read_bytes;
    writes += layer.dram_write_bytes;
  }
  checker.require(reads == result.dram_read_bytes && writes == result.dram_write_bytes,
                  "DRAM bytes of layers and instruction fetch = total",
                  fmt::format("read {} against {}, written {} against {}", reads, result.dram_read_bytes,
                              writes, result.dram_write_bytes));
}

void check_energy(const RunReport& report, const Summary& summary, const Checker& checker) {
  const auto& result = report.timed->result;
  hw::AccessCounts counts;
  counts[hw::Component::kDram] = result.instruction_fetch_bytes;
  for (const auto& layer : result.layers) counts += layer.counts;
  double energy = 0;
  for (int component = 0; component < hw::kComponents; ++component) {
    const auto index = static_cast<std::size_t>(component);
    checker.require(
        counts.count[index] == result.counts.count[index], "accesses of layers and fetch = total",
        fmt::format("{}: {} against {}", hw::component_name(static_cast<hw::Component>(component)),
                    counts.count[index], result.counts.count[index]));
    energy += static_cast<double>(counts.count[index]) * report.timed->energies.per_count[index];
  }
  const double total = summary.timed->energy.total;
  checker.require(std::abs(energy - total) <= kEnergyTolerance * std::max(std::abs(energy), 1.0),
                  "energy = sum of counts x unit energies", fmt::format("{} against {}", energy, total));
  double by_layer = summary.timed->fetch_energy.total;
  for (const auto& layer : summary.layers) by_layer += layer.energy.total;
  checker.require(std::abs(by_layer - total) <= kEnergyTolerance * 1e3 * std::max(std::abs(total), 1.0),
                  "energy of layers and instruction fetch = total",
                  fmt::format("{} against {}", by_layer, total));
}

// Marks the bytes of [first, first + marks.size()) that the region covers.
void mark(const hw::Region& region, std::int64_t first, std::vector<bool>& marks) {
  const auto last = first + static_cast<std::int64_t>(marks.size());
  for (std::int64_t plane = 0; plane < region.count2; ++plane) {
    for (std::int64_t run = 0; run < region.count1; ++run) {
      const auto begin = region.begin + run * region.stride1 + plane * region.stride2;
      const auto to = std::min(begin + region.run_bytes, last);
      for (auto byte = std::max(begin, first); byte < to; ++byte)
        marks[static_cast<std::size_t>(byte - first)] = true;
    }
  }
}

}  // namespace

std::int64_t input_bytes_loaded(const hw::Program& program) {
  const auto& input = program.tensor(program.input);
  const auto first = input.dram_address;
  const auto last = first + input.span_bytes(program.format.activation_bytes());
  std::vector<bool> loaded(static_cast<std::size_t>(last - first), false);
  for (const auto& instruction : program.instructions) {
    const auto regions = hw::regions_of(instruction, program.format);
    // The activation area is reused: once the input is overwritten, later loads from there are of other
    // tensors.
    const bool overwrites =
        std::any_of(regions.writes.begin(), regions.writes.end(), [&](const hw::Region& region) {
          return region.memory == hw::Memory::kDram && region.begin < last && region.end() > first;
        });
    if (overwrites) break;
    for (const auto& region : regions.reads) {
      if (region.memory == hw::Memory::kDram) mark(region, first, loaded);
    }
  }
  return std::count(loaded.begin(), loaded.end(), true);
}

void check_conservation(const RunReport& report, const Summary& summary) {
  if (!report.timed) return;
  const auto& result = report.timed->result;
  const Checker checker(result.cycles);
  check_time(report, summary, checker);
  for (int unit = 0; unit < hw::kUnits; ++unit) {
    check_unit(hw::unit_name(static_cast<hw::Unit>(unit)), result.units[static_cast<std::size_t>(unit)],
               result.cycles, checker);
  }
  check_unit("dram_bus", result.dram_bus, result.cycles, checker);
  check_unit("compounding_unit", result.compounding_unit, result.cycles, checker);
  check_traffic(report, checker);
  check_energy(report, summary, checker);
}

}  // namespace npu::sim
