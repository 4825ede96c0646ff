#include "sim/engines/common/memory_life.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "hw/common/error.h"
#include "hw/common/units.h"

namespace npu::sim {
namespace {

class MemoryLife {
 public:
  explicit MemoryLife(Bytes capacity_bytes)
      : lines_(static_cast<std::size_t>(ceil_div(capacity_bytes, kLineBytes))) {}

  void write(const hw::Region& region, std::int64_t pc, Cycles start, Cycles end) {
    for_each_line(region, [&](Line& line) {
      // A line that several regions share stays one life while they are written together.
      if (line.live && line.begin == start) {
        line.end = std::max(line.end, end);
        return;
      }
      // One place holds one value: what was there ends where the next begins, even if its last reader is still
      // counted as busy; the writer before may still be at work.
      line.end = std::min(line.end, std::max(line.begin, start));
      close(line);
      line = {true, start, end, pc};
    });
  }

  void read(const hw::Region& region, Cycles end) {
    for_each_line(region, [&](Line& line) { line.end = std::max(line.end, end); });
  }

  std::vector<LifeChange> changes() {
    for (Line& line : lines_) close(line);
    std::sort(changes_.begin(), changes_.end(), [](const LifeChange& a, const LifeChange& b) {
      return std::tuple(a.time, a.lines, a.owner) < std::tuple(b.time, b.lines, b.owner);
    });
    return std::move(changes_);
  }

 private:
  struct Line {
    bool live = false;
    Cycles begin = 0;
    Cycles end = 0;
    std::int64_t owner = 0;
  };

  template <class Visitor>
  void for_each_line(const hw::Region& region, Visitor&& visit) {
    std::int64_t visited_up_to = 0;  // neighbouring runs may share a line
    for (std::int64_t plane = 0; plane < region.count2; ++plane) {
      for (std::int64_t run = 0; run < region.count1; ++run) {
        const std::int64_t begin = region.begin + run * region.stride1 + plane * region.stride2;
        const std::int64_t end = std::min<std::int64_t>(ceil_div(begin + region.run_bytes, kLineBytes),
                                                        static_cast<std::int64_t>(lines_.size()));
        for (std::int64_t line = std::max(begin / kLineBytes, visited_up_to); line < end; ++line) {
          visit(lines_[static_cast<std::size_t>(line)]);
        }
        visited_up_to = std::max(visited_up_to, end);
      }
    }
  }

  void close(Line& line) {
    if (!line.live) return;
    // Lines of one instruction mostly live alike: keep one change for all of them.
    add({line.begin, 1, line.owner});
    add({line.end, -1, line.owner});
    line.live = false;
  }

  void add(const LifeChange& change) {
    for (std::size_t back = 1; back <= std::min<std::size_t>(2, changes_.size()); ++back) {
      LifeChange& recent = changes_[changes_.size() - back];
      if (recent.time == change.time && recent.owner == change.owner &&
          (recent.lines > 0) == (change.lines > 0)) {
        recent.lines += change.lines;
        return;
      }
    }
    changes_.push_back(change);
  }

  std::vector<Line> lines_;
  std::vector<LifeChange> changes_;
};

std::vector<std::size_t> started_in_order(const hw::MachineTrace& trace) {
  std::vector<std::size_t> order;
  for (std::size_t pc = 0; pc < trace.instructions.size(); ++pc) {
    if (trace.instructions[pc].start >= 0) order.push_back(pc);
  }
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return trace.instructions[a].start < trace.instructions[b].start;
  });
  return order;
}

}  // namespace

std::map<hw::Memory, std::vector<LifeChange>> memory_lives(const hw::Program& program,
                                                           const hw::MachineTrace& trace) {
  const hw::MachineFormat& format = program.format;
  std::map<hw::Memory, MemoryLife> memories;
  memories.emplace(hw::Memory::kWeightSram, format.weight_sram_bytes);
  memories.emplace(hw::Memory::kGlobalBuffer, format.global_buffer_bytes);
  memories.emplace(hw::Memory::kAccumulators, format.accumulator_entries * format.accumulator_bytes());
  for (const std::size_t pc : started_in_order(trace)) {
    const hw::InstructionRecord& record = trace.instructions[pc];
    const hw::RegionSet regions = hw::regions_of(program.instructions[pc], format);
    for (const hw::Region& region : regions.reads) {
      const auto memory = memories.find(region.memory);
      if (memory != memories.end()) memory->second.read(region, record.end);
    }
    for (const hw::Region& region : regions.writes) {
      const auto memory = memories.find(region.memory);
      if (memory != memories.end()) {
        memory->second.write(region, static_cast<std::int64_t>(pc), record.start, record.end);
      }
    }
  }
  std::map<hw::Memory, std::vector<LifeChange>> lives;
  for (auto& [memory, life] : memories) lives[memory] = life.changes();
  return lives;
}

const char* memory_key(hw::Memory memory) {
  switch (memory) {
    case hw::Memory::kWeightSram:
      return "weight_sram";
    case hw::Memory::kGlobalBuffer:
      return "global_buffer";
    case hw::Memory::kAccumulators:
      return "accumulator_store";
    case hw::Memory::kDram:
      break;
  }
  fail_check("on-chip memory", __FILE__, __LINE__, "the DRAM has no lives of lines");
}

}  // namespace npu::sim
