#include "sim/report/timeline.h"

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>

#include "hw/common/error.h"
#include "hw/isa/disassembler.h"
#include "hw/isa/token_rules.h"
#include "hw/timing/transfer_timing.h"
#include "sim/engines/common/memory_life.h"
#include "sim/report/version.h"

namespace npu::sim {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kProcess = 1;
constexpr int kLayerTrack = hw::kUnits;  // tracks are numbered from 1: the units, then the layers
constexpr double kMicrosecondsPerSecond = 1e6;

/// Layer of each instruction, -1 where it belongs to none.
std::vector<std::int64_t> layers_by_pc(const hw::Program& program) {
  std::vector<std::int64_t> layer_of(program.instructions.size(), -1);
  for (std::size_t layer = 0; layer < program.layers.size(); ++layer) {
    for (auto pc = program.layers[layer].first_pc; pc < program.layers[layer].last_pc; ++pc) {
      layer_of[static_cast<std::size_t>(pc)] = static_cast<std::int64_t>(layer);
    }
  }
  return layer_of;
}

bool is_transfer(hw::Opcode opcode) {
  return opcode == hw::Opcode::kLoadWeights || opcode == hw::Opcode::kLoadActivations ||
         opcode == hw::Opcode::kStore;
}

/// Adds `amount`, spread evenly over [begin, end), to slots of `slot_cycles`.
void spread(std::vector<double>& slots, Cycles slot_cycles, Cycles begin, Cycles end, double amount) {
  const double rate = amount / static_cast<double>(std::max<Cycles>(1, end - begin));
  for (Cycles at = begin; at < std::max(end, begin + 1);) {
    const auto slot = std::min(static_cast<std::size_t>(at / slot_cycles), slots.size() - 1);
    const Cycles slot_end = static_cast<Cycles>(slot + 1) * slot_cycles;
    const Cycles next =
        slot + 1 == slots.size() ? std::max(end, begin + 1) : std::min(std::max(end, begin + 1), slot_end);
    slots[slot] += rate * static_cast<double>(next - at) / static_cast<double>(slot_cycles);
    at = next;
  }
}

/// When each instruction left its unit to the next one: its end, or before that the start of the unit's next
/// instruction, behind which its last results still leave.
std::vector<Cycles> yield_times(const hw::Program& program, const RunResult& result) {
  std::vector<Cycles> times(program.instructions.size(), -1);
  std::array<Cycles, hw::kUnits> next_start;
  next_start.fill(std::numeric_limits<Cycles>::max());
  for (std::size_t pc = program.instructions.size(); pc-- > 0;) {
    const auto [start, end] = result.instruction_times[pc];
    if (start < 0) continue;
    Cycles& next = next_start[static_cast<std::size_t>(hw::unit_of(program.instructions[pc]))];
    times[pc] = std::min(end, next);
    next = start;
  }
  return times;
}

class TimelineWriter {
 public:
  TimelineWriter(const hw::Program& program, const hw::ArchConfig& arch, const RunResult& result)
      : program_(program),
        arch_(arch),
        result_(result),
        layer_of_(layers_by_pc(program)),
        yielded_(yield_times(program, result)) {}

  Json write() {
    name_tracks();
    add_layers();
    add_instructions();
    add_waits();
    add_bandwidth();
    add_memories();
    return {{"traceEvents", std::move(events_)},
            {"displayTimeUnit", "ns"},
            {"otherData",
             {{"tool", std::string("npusim ") + tool_version()},
              {"network", program_.network},
              {"arch", arch_.name},
              {"clock_hz", arch_.clock_hz},
              {"cycles", result_.cycles}}}};
  }

 private:
  double microseconds(Cycles cycle) const {
    return static_cast<double>(cycle) / arch_.clock_hz * kMicrosecondsPerSecond;
  }

  void name_tracks() {
    const auto add = [&](const char* what, int track, const std::string& name, int place) {
      events_.push_back(
          {{"ph", "M"}, {"pid", kProcess}, {"tid", track}, {"name", what}, {"args", {{"name", name}}}});
      if (track == 0) return;
      events_.push_back({{"ph", "M"},
                         {"pid", kProcess},
                         {"tid", track},
                         {"name", "thread_sort_index"},
                         {"args", {{"sort_index", place}}}});
    };
    add("process_name", 0, program_.network + " on " + arch_.name, 0);
    add("thread_name", kLayerTrack + 1, "layers", 0);
    for (int unit = 0; unit < hw::kUnits; ++unit) {
      add("thread_name", unit + 1, hw::unit_name(static_cast<hw::Unit>(unit)), unit + 1);
    }
  }

  void add_slice(int track, const std::string& name, const char* category, Cycles begin, Cycles end,
                 Json args) {
    args["start_cycle"] = begin;
    args["cycles"] = end - begin;
    events_.push_back({{"ph", "X"},
                       {"pid", kProcess},
                       {"tid", track},
                       {"name", name},
                       {"cat", category},
                       {"ts", microseconds(begin)},
                       {"dur", microseconds(end) - microseconds(begin)},
                       {"args", std::move(args)}});
  }

  // From the end of the layers before to the end of this one (LayerTime::cycles), so that slices never
  // overlap.
  void add_layers() {
    Cycles begin = 0;
    for (std::size_t index = 0; index < program_.layers.size(); ++index) {
      const hw::LayerSymbol& layer = program_.layers[index];
      Cycles end = begin;
      for (auto pc = layer.first_pc; pc < layer.last_pc; ++pc) {
        end = std::max(end, result_.instruction_times[static_cast<std::size_t>(pc)][1]);
      }
      if (end > begin) {
        add_slice(
            kLayerTrack + 1, layer.name, "layer", begin, end,
            {{"op", layer.op}, {"shape", layer.shape}, {"dataflow", layer.dataflow}, {"macs", layer.macs}});
      }
      begin = end;
    }
  }

  void add_instructions() {
    for (std::size_t pc = 0; pc < program_.instructions.size(); ++pc) {
      const auto [start, end] = result_.instruction_times[pc];
      if (start < 0) continue;
      const hw::Instruction& instruction = program_.instructions[pc];
      const std::int64_t layer = layer_of_[pc];
      const auto unit = static_cast<int>(hw::unit_of(instruction));
      Json args{{"pc", pc}, {"instruction", hw::disassemble(instruction)}};
      if (is_transfer(instruction.opcode))
        args["bus_bytes"] = hw::bus_bytes(instruction.transfer(), arch_.dram);
      const std::string name = layer < 0 ? hw::unit_name(static_cast<hw::Unit>(unit))
                                         : program_.layers[static_cast<std::size_t>(layer)].name;
      if (yielded_[pc] < end) args["results_left_at_cycle"] = end;
      add_slice(unit + 1, name, "instruction", start, yielded_[pc], std::move(args));
    }
  }

  void add_waits() {
    for (const UnitWait& wait : unit_waits(program_, result_)) {
      Json args = Json::object();
      if (wait.producer_pc >= 0) args["producer_pc"] = wait.producer_pc;
      add_slice(static_cast<int>(wait.unit) + 1, "wait: " + wait.cause, "wait", wait.begin, wait.end,
                std::move(args));
    }
  }

  void add_counter(const std::string& name, Cycles at, Json values) {
    events_.push_back({{"ph", "C"},
                       {"pid", kProcess},
                       {"name", name},
                       {"ts", microseconds(at)},
                       {"args", std::move(values)}});
  }

  void add_bandwidth() {
    const BandwidthCurve curve = bandwidth_curve(program_, arch_, result_);
    for (std::size_t slot = 0; slot < curve.read.size(); ++slot) {
      add_counter("DRAM bandwidth (bytes/cycle)", static_cast<Cycles>(slot) * curve.slot_cycles,
                  {{"read", curve.read[slot]}, {"write", curve.write[slot]}});
    }
    add_counter("DRAM bandwidth (bytes/cycle)", result_.cycles, {{"read", 0}, {"write", 0}});
  }

  void add_memories() {
    hw::MachineTrace trace;
    trace.cycles = result_.cycles;
    for (const auto& [start, end] : result_.instruction_times) {
      trace.instructions.emplace_back();
      trace.instructions.back().start = start;
      trace.instructions.back().end = end;
    }
    for (const auto& [memory, changes] : memory_lives(program_, trace)) {
      const std::string name = std::string(memory_key(memory)) + " (live bytes)";
      std::int64_t bytes = 0;
      if (changes.empty() || changes.front().time > 0) add_counter(name, 0, {{"bytes", 0}});
      for (std::size_t index = 0; index < changes.size(); ++index) {
        bytes += changes[index].lines * kLineBytes;
        const bool more_now = index + 1 < changes.size() && changes[index + 1].time == changes[index].time;
        if (!more_now) add_counter(name, changes[index].time, {{"bytes", bytes}});
      }
    }
  }

  const hw::Program& program_;
  const hw::ArchConfig& arch_;
  const RunResult& result_;
  std::vector<std::int64_t> layer_of_;
  std::vector<Cycles> yielded_;
  Json events_ = Json::array();
};

void check_times(const hw::Program& program, const RunResult& result) {
  NPU_CHECK(result.instruction_times.size() == program.instructions.size(),
            "a timeline needs the times of every instruction");
}

}  // namespace

std::vector<UnitWait> unit_waits(const hw::Program& program, const RunResult& result) {
  check_times(program, result);
  constexpr std::size_t kUnits = hw::kUnits;
  // The n-th token that a consumer takes from a producer is the n-th that the producer's instructions, which
  // end in their order, have signalled to it.
  std::array<std::array<std::vector<std::int64_t>, kUnits>, kUnits> signallers;  // [producer][consumer]: pc
  std::array<std::array<std::size_t, kUnits>, kUnits> taken{};
  std::array<Cycles, kUnits> free_since{};
  for (std::size_t pc = 0; pc < program.instructions.size(); ++pc) {
    if (result.instruction_times[pc][0] < 0) continue;
    const auto producer = static_cast<std::size_t>(hw::unit_of(program.instructions[pc]));
    for (std::size_t consumer = 0; consumer < kUnits; ++consumer) {
      if (program.instructions[pc].tokens.signal[consumer])
        signallers[producer][consumer].push_back(static_cast<std::int64_t>(pc));
    }
  }
  const std::vector<Cycles> yielded = yield_times(program, result);
  std::vector<UnitWait> waits;
  for (std::size_t pc = 0; pc < program.instructions.size(); ++pc) {
    const auto [start, end] = result.instruction_times[pc];
    if (start < 0) continue;
    const hw::Unit consumer = hw::unit_of(program.instructions[pc]);
    const auto at = static_cast<std::size_t>(consumer);
    UnitWait wait{consumer, free_since[at], start, "dispatch", -1};
    Cycles latest = wait.begin;
    for (std::size_t producer = 0; producer < kUnits; ++producer) {
      const std::size_t count = program.instructions[pc].tokens.wait[producer];
      if (count == 0) continue;
      taken[producer][at] += count;
      const std::int64_t last = signallers[producer][at].at(taken[producer][at] - 1);
      const auto signaller = static_cast<std::size_t>(last);
      const bool early = hw::token_means_operands_read(static_cast<hw::Unit>(producer), consumer);
      const Cycles came = early ? yielded[signaller] : result.instruction_times[signaller][1];
      if (came <= latest) continue;
      latest = came;
      wait.cause = hw::unit_name(static_cast<hw::Unit>(producer));
      wait.producer_pc = last;
    }
    if (wait.end > wait.begin) waits.push_back(wait);
    free_since[at] = end;
  }
  return waits;
}

BandwidthCurve bandwidth_curve(const hw::Program& program, const hw::ArchConfig& arch,
                               const RunResult& result) {
  check_times(program, result);
  Cycles end = std::max<Cycles>(1, result.cycles);
  for (const auto& times : result.instruction_times) end = std::max(end, times[1]);
  BandwidthCurve curve;
  curve.slot_cycles = ceil_div(end, Cycles{kBandwidthSlots});
  const auto slots = static_cast<std::size_t>(ceil_div(end, curve.slot_cycles));
  curve.read.resize(slots);
  curve.write.resize(slots);
  for (std::size_t pc = 0; pc < program.instructions.size(); ++pc) {
    const hw::Instruction& instruction = program.instructions[pc];
    if (!is_transfer(instruction.opcode) || result.instruction_times[pc][0] < 0) continue;
    const auto bytes = static_cast<double>(hw::bus_bytes(instruction.transfer(), arch.dram));
    auto& direction = instruction.opcode == hw::Opcode::kStore ? curve.write : curve.read;
    spread(direction, curve.slot_cycles, result.instruction_times[pc][0], result.instruction_times[pc][1],
           bytes);
  }
  return curve;
}

nlohmann::ordered_json timeline_json(const hw::Program& program, const hw::ArchConfig& arch,
                                     const RunResult& result) {
  check_times(program, result);
  return TimelineWriter(program, arch, result).write();
}

}  // namespace npu::sim
