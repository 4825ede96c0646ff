#include "sim/engines/estimate/estimate_engine.h"

#include <algorithm>

#include "hw/timing/compounding_timing.h"
#include "hw/timing/transfer_timing.h"
#include "sim/engines/common/counted_time.h"
#include "sim/engines/common/measurement.h"
#include "sim/engines/common/memory_fill.h"
#include "sim/engines/estimate/instruction_costs.h"
#include "sim/engines/estimate/recurrence.h"

namespace npu::sim {
namespace {

/// What the machine's memories and output stage count while it runs.
void add_totals(const hw::Program& program, const hw::ArchConfig& arch, hw::MachineTrace& trace) {
  trace.dram_read_bytes = trace.instruction_fetch_bytes;
  for (const hw::Instruction& instruction : program.instructions) {
    const hw::BusTraffic traffic = hw::bus_traffic(instruction, arch.dram);
    trace.dram_read_bytes += traffic.read;
    trace.dram_write_bytes += traffic.written;
    if (instruction.opcode != hw::Opcode::kConv || instruction.conv().last == 0) continue;
    const hw::Conv& conv = instruction.conv();
    const std::int64_t outputs = conv.out_height * conv.out_width * conv.out_channels;
    trace.compounded += outputs;
    trace.compounding_busy += hw::compounding_cycles(outputs, arch.compounding);
  }
}

// Layers run one at a time: what remains is the sum of the others.
void leave_out_vector_layers(const hw::Program& program, Bytes fetch_bytes, Estimate& result) {
  result.cycles = 0;
  result.counts = {};
  result.counts[hw::Component::kDram] = fetch_bytes;
  for (std::size_t index = 0; index < program.layers.size(); ++index) {
    if (is_vector_layer(program.layers[index])) result.layers[index] = {};
    result.cycles += result.layers[index].cycles;
    result.counts += result.layers[index].counts;
  }
}

}  // namespace

RunResult run_estimate(const hw::Program& program, const hw::ArchConfig& arch) {
  hw::check_compatible(program, arch);
  InstructionCosts known(arch);
  std::vector<InstructionCost> costs;
  hw::AccessCounts ignored;
  for (std::size_t pc = 0, layer = 0; pc < program.instructions.size(); ++pc) {
    while (layer < program.layers.size() && program.layers[layer].first_pc <= static_cast<std::int64_t>(pc)) {
      known.new_layer();
      ++layer;
    }
    costs.push_back(known.of(program.instructions[pc], ignored));
  }
  hw::MachineTrace trace = run_recurrence(program, arch, costs);
  add_totals(program, arch, trace);
  RunResult result = measure(program, arch, trace);
  result.fill = memory_fill(program, trace);
  for (const auto& record : trace.instructions)
    result.instruction_times.push_back({record.start, record.end});
  return result;
}

Estimate estimate(const hw::Program& program, const hw::ArchConfig& arch) {
  Estimate result;
  result.layers.resize(program.layers.size());
  InstructionCosts known(arch);
  std::vector<InstructionCost> costs(program.instructions.size());
  for (std::size_t index = 0; index < program.layers.size(); ++index) {
    known.new_layer();
    LayerEstimate& layer = result.layers[index];
    for (auto pc = program.layers[index].first_pc; pc < program.layers[index].last_pc; ++pc) {
      const auto at = static_cast<std::size_t>(pc);
      costs[at] = known.of(program.instructions[at], layer.counts);
    }
    result.counts += layer.counts;
  }
  const hw::MachineTrace trace = run_recurrence(program, arch, costs);
  result.cycles = trace.cycles;
  result.counts[hw::Component::kDram] += trace.instruction_fetch_bytes;
  Cycles reached = 0;
  for (std::size_t index = 0; index < program.layers.size(); ++index) {
    Cycles end = reached;
    for (auto pc = program.layers[index].first_pc; pc < program.layers[index].last_pc; ++pc) {
      end = std::max(end, trace.instructions[static_cast<std::size_t>(pc)].end);
    }
    result.layers[index].cycles = end - reached;
    reached = end;
  }
  if (!arch.execution.counts_vector_layers) {
    leave_out_vector_layers(program, trace.instruction_fetch_bytes, result);
    return result;
  }
  if (!result.layers.empty()) result.layers.back().cycles += result.cycles - reached;
  return result;
}

}  // namespace npu::sim
