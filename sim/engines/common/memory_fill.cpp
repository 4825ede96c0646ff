// 1. The lives of lines (memory_life.h) give a step function: live bytes from each time on.
// 2. Its maximum in each time slot, between the first start and the last end of each layer, and over all.
// 3. What is live at the overall maximum, summed by the layer and the kind of the instruction that wrote it.
#include "sim/engines/common/memory_fill.h"

#include <algorithm>
#include <vector>

#include "hw/common/units.h"
#include "sim/engines/common/memory_life.h"

namespace npu::sim {
namespace {

struct Step {
  Cycles time = 0;
  std::int64_t bytes = 0;  ///< live from `time` to the next step
};

std::vector<Step> steps_of(const std::vector<LifeChange>& changes) {
  std::vector<Step> steps{{0, 0}};
  std::int64_t live = 0;
  for (const LifeChange& change : changes) {
    live += change.lines * kLineBytes;
    if (steps.back().time == change.time) {
      steps.back().bytes = live;
    } else {
      steps.push_back({change.time, live});
    }
  }
  return steps;
}

// Largest value in [begin, end).
std::int64_t highest(const std::vector<Step>& steps, Cycles begin, Cycles end) {
  auto step = std::upper_bound(steps.begin(), steps.end(), begin,
                               [](Cycles time, const Step& candidate) { return time < candidate.time; });
  if (step != steps.begin()) --step;
  std::int64_t result = step->bytes;
  for (; step != steps.end() && step->time < end; ++step) result = std::max(result, step->bytes);
  return result;
}

/// Names what an instruction writes into an on-chip memory.
class Contents {
 public:
  explicit Contents(const hw::Program& program)
      : program_(program), layer_of_(program.instructions.size(), -1) {
    for (std::size_t layer = 0; layer < program.layers.size(); ++layer) {
      for (auto pc = program.layers[layer].first_pc; pc < program.layers[layer].last_pc; ++pc) {
        layer_of_[static_cast<std::size_t>(pc)] = static_cast<std::int64_t>(layer);
      }
    }
  }

  FillShare share(std::int64_t pc, hw::Memory memory) const {
    const auto& instruction = program_.instructions[static_cast<std::size_t>(pc)];
    FillShare share;
    share.layer = layer_of_[static_cast<std::size_t>(pc)];
    if (memory == hw::Memory::kAccumulators) {
      share.kind = "partial sums";
    } else if (instruction.opcode == hw::Opcode::kLoadWeights) {
      share.kind = "weights";
    } else if (instruction.opcode == hw::Opcode::kLoadActivations) {
      share.kind = "input";
      share.tensor = loaded_tensor(instruction.transfer().dram_address, share.layer);
    } else {
      share.kind = "output";
    }
    if (share.tensor.empty() && share.layer >= 0) {
      share.tensor = program_.layers[static_cast<std::size_t>(share.layer)].output;
    }
    return share;
  }

 private:
  // Maps share addresses: the one that an earlier layer made last, or the network's input.
  std::string loaded_tensor(std::int64_t dram_address, std::int64_t layer) const {
    for (std::int64_t before = layer - 1; before >= 0; --before) {
      const auto& name = program_.layers[static_cast<std::size_t>(before)].output;
      const auto tensor = std::find_if(program_.tensors.begin(), program_.tensors.end(),
                                       [&](const hw::TensorSymbol& symbol) { return symbol.name == name; });
      if (tensor == program_.tensors.end()) continue;  // it stays in the global buffer
      const std::int64_t end = tensor->dram_address + tensor->span_bytes(program_.format.activation_bytes());
      if (dram_address >= tensor->dram_address && dram_address < end) return name;
    }
    return program_.input;
  }

  const hw::Program& program_;
  std::vector<std::int64_t> layer_of_;  ///< by pc; -1: none
};

std::vector<FillShare> shares_at(const std::vector<LifeChange>& changes, Cycles time, hw::Memory memory,
                                 const Contents& contents) {
  std::map<std::int64_t, std::int64_t> lines_of;  // by writing instruction
  for (const LifeChange& change : changes) {
    if (change.time > time) break;
    lines_of[change.owner] += change.lines;
  }
  std::vector<FillShare> shares;
  for (const auto& [pc, lines] : lines_of) {
    if (lines == 0) continue;
    FillShare share = contents.share(pc, memory);
    auto same = std::find_if(shares.begin(), shares.end(), [&](const FillShare& other) {
      return other.layer == share.layer && other.kind == share.kind && other.tensor == share.tensor;
    });
    if (same == shares.end()) same = shares.insert(shares.end(), share);
    same->bytes += lines * kLineBytes;
  }
  std::stable_sort(shares.begin(), shares.end(),
                   [](const FillShare& a, const FillShare& b) { return a.bytes > b.bytes; });
  return shares;
}

Cycles last_end(const hw::MachineTrace& trace) {
  Cycles end = trace.cycles;
  for (const auto& record : trace.instructions) end = std::max(end, record.end);
  return end;
}

struct Span {
  Cycles begin = 0;
  Cycles end = 0;
};

std::vector<Span> layer_spans(const hw::Program& program, const hw::MachineTrace& trace) {
  std::vector<Span> spans;
  for (const auto& layer : program.layers) {
    Span span;
    bool any = false;
    for (auto pc = layer.first_pc; pc < layer.last_pc; ++pc) {
      const auto& record = trace.instructions.at(static_cast<std::size_t>(pc));
      if (record.start < 0) continue;
      span.begin = any ? std::min(span.begin, record.start) : record.start;
      span.end = std::max(span.end, record.end);
      any = true;
    }
    spans.push_back(span);
  }
  return spans;
}

}  // namespace

std::map<std::string, MemoryFill> memory_fill(const hw::Program& program, const hw::MachineTrace& trace) {
  const Contents contents(program);
  const auto spans = layer_spans(program, trace);
  const Cycles end = last_end(trace);
  std::map<std::string, MemoryFill> result;
  for (const auto& [memory, changes] : memory_lives(program, trace)) {
    MemoryFill& fill = result[memory_key(memory)];
    const auto steps = steps_of(changes);
    fill.slot_cycles = std::max<Cycles>(1, ceil_div(end, Cycles{kFillSlots}));
    for (Cycles begin = 0; begin < end; begin += fill.slot_cycles) {
      fill.slot_bytes.push_back(highest(steps, begin, begin + fill.slot_cycles));
    }
    for (const Span& span : spans) fill.layer_bytes.push_back(highest(steps, span.begin, span.end));
    const auto peak = std::max_element(steps.begin(), steps.end(),
                                       [](const Step& a, const Step& b) { return a.bytes < b.bytes; });
    fill.peak_cycle = peak->time;
    fill.peak_bytes = peak->bytes;
    fill.peak_shares = shares_at(changes, peak->time, memory, contents);
  }
  return result;
}

}  // namespace npu::sim
