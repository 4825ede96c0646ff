// 1. Interval of each layer: from the latest end of all earlier layers to the latest end of its own.
// 2. A time is moved forward by the left-out intervals before it.
// 3. An instruction of a counted layer keeps its moved times and stalls; what its unit waited before left-out
//    instructions, outside their interval, it waits too.
#include "sim/engines/common/counted_time.h"

#include <algorithm>
#include <array>
#include <vector>

#include "hw/timing/transfer_timing.h"

namespace npu::sim {
namespace {

using hw::InstructionRecord;
using hw::MachineTrace;

struct Interval {
  Cycles begin = 0;
  Cycles end = 0;
};

std::vector<Interval> left_out_intervals(const hw::Program& program, const MachineTrace& trace) {
  std::vector<Interval> intervals;
  Cycles reached = 0;
  for (const hw::LayerSymbol& layer : program.layers) {
    Cycles end = reached;
    for (auto pc = layer.first_pc; pc < layer.last_pc; ++pc) {
      end = std::max(end, trace.instructions[static_cast<std::size_t>(pc)].end);
    }
    if (is_vector_layer(layer)) intervals.push_back({reached, end});
    reached = end;
  }
  return intervals;
}

class Compressed {
 public:
  explicit Compressed(std::vector<Interval> cut) : cut_(std::move(cut)) {
    Cycles before = 0;
    for (const Interval& interval : cut_) {
      removed_before_.push_back(before);
      before += interval.end - interval.begin;
    }
  }

  Cycles at(Cycles time) const {
    const auto after =
        std::upper_bound(cut_.begin(), cut_.end(), time,
                         [](Cycles t, const Interval& interval) { return t < interval.begin; });
    if (after == cut_.begin()) return time;
    const auto index = static_cast<std::size_t>(after - cut_.begin()) - 1;
    const Interval& last = cut_[index];
    return time - removed_before_[index] - (std::min(time, last.end) - last.begin);
  }

 private:
  std::vector<Interval> cut_;
  std::vector<Cycles> removed_before_;
};

/// Moves the stalls of `record`, which end at its start, and adds them to `into`.
void add_stalls(const InstructionRecord& record, const Compressed& time, InstructionRecord& into) {
  Cycles end = record.start;
  const auto move = [&](Cycles cycles, Cycles& sum) {
    sum += time.at(end) - time.at(end - cycles);
    end -= cycles;
  };
  for (std::size_t producer = record.token_stall.size(); producer-- > 0;) {
    move(record.token_stall[producer], into.token_stall[producer]);
  }
  move(record.random_stall, into.random_stall);
  move(record.dispatch_stall, into.dispatch_stall);
}

}  // namespace

bool is_vector_layer(const hw::LayerSymbol& layer) { return layer.op != "conv" && layer.op != "depthwise"; }

MachineTrace without_vector_layers(const hw::Program& program, const hw::ArchConfig& arch,
                                   const MachineTrace& trace) {
  const Compressed time(left_out_intervals(program, trace));
  MachineTrace counted = trace;
  std::array<InstructionRecord, hw::kUnits> waiting;  // stalls before left-out instructions
  Bytes left_out_bytes = 0;
  for (const hw::LayerSymbol& layer : program.layers) {
    const bool left_out = is_vector_layer(layer);
    for (auto pc = layer.first_pc; pc < layer.last_pc; ++pc) {
      const hw::Instruction& instruction = program.instructions[static_cast<std::size_t>(pc)];
      const InstructionRecord& record = trace.instructions[static_cast<std::size_t>(pc)];
      InstructionRecord& result = counted.instructions[static_cast<std::size_t>(pc)];
      const auto unit = static_cast<std::size_t>(hw::unit_of(instruction));
      add_stalls(record, time, waiting[unit]);
      if (!left_out) {
        result = waiting[unit];
        result.start = time.at(record.start);
        result.end = time.at(record.end);
        result.overlap = record.overlap;  // layers run one at a time: within the layer
        result.saturated = record.saturated;
        waiting[unit] = {};
        continue;
      }
      result = {};
      const hw::BusTraffic traffic = hw::bus_traffic(instruction, arch.dram);
      counted.dram_read_bytes -= traffic.read;
      counted.dram_write_bytes -= traffic.written;
      left_out_bytes += traffic.read + traffic.written;
    }
  }
  counted.cycles = time.at(trace.cycles);
  counted.dram_bus_busy -=
      static_cast<Cycles>(static_cast<double>(left_out_bytes) / arch.dram.bytes_per_cycle);
  counted.dram_bus_busy = std::min(counted.dram_bus_busy, counted.cycles);
  return counted;
}

}  // namespace npu::sim
