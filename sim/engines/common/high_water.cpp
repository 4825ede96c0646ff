// Method: instructions in order of their start; for each line of a memory, the life that the last write
// began; a life is closed by the next write or by the end of the run; then the largest sum of open lives.
#include "sim/engines/common/high_water.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "hw/common/units.h"
#include "hw/isa/regions.h"

namespace npu::sim {
namespace {

constexpr Bytes kLineBytes = 16;

struct Change {
  Cycles time = 0;
  std::int64_t lines = 0;
};

class MemoryLife {
 public:
  explicit MemoryLife(Bytes capacity_bytes)
      : lines_(static_cast<std::size_t>(ceil_div(capacity_bytes, kLineBytes))) {}

  void write(const hw::Region& region, Cycles start, Cycles end) {
    for_each_line(region, [&](Line& line) {
      // A line that several regions share stays one life while they are written together.
      if (line.live && line.begin == start) {
        line.end = std::max(line.end, end);
        return;
      }
      close(line);
      line = {true, start, end};
    });
  }

  void read(const hw::Region& region, Cycles end) {
    for_each_line(region, [&](Line& line) { line.end = std::max(line.end, end); });
  }

  std::int64_t high_water_bytes() {
    for (Line& line : lines_) close(line);
    // At one time the ends come before the beginnings: the bytes are free for the next instruction.
    std::sort(changes_.begin(), changes_.end(), [](const Change& a, const Change& b) {
      return std::pair(a.time, a.lines) < std::pair(b.time, b.lines);
    });
    std::int64_t live = 0;
    std::int64_t highest = 0;
    for (const Change& change : changes_) {
      live += change.lines;
      highest = std::max(highest, live);
    }
    return highest * kLineBytes;
  }

 private:
  struct Line {
    bool live = false;
    Cycles begin = 0;
    Cycles end = 0;
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
    add({line.begin, 1});
    add({line.end, -1});
    line.live = false;
  }

  void add(const Change& change) {
    for (std::size_t back = 1; back <= std::min<std::size_t>(2, changes_.size()); ++back) {
      Change& recent = changes_[changes_.size() - back];
      if (recent.time == change.time && (recent.lines > 0) == (change.lines > 0)) {
        recent.lines += change.lines;
        return;
      }
    }
    changes_.push_back(change);
  }

  std::vector<Line> lines_;
  std::vector<Change> changes_;
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

std::map<std::string, std::int64_t> high_water_bytes(const hw::Program& program,
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
      if (memory != memories.end()) memory->second.write(region, record.start, record.end);
    }
  }
  return {{"weight_sram", memories.at(hw::Memory::kWeightSram).high_water_bytes()},
          {"global_buffer", memories.at(hw::Memory::kGlobalBuffer).high_water_bytes()},
          {"accumulator_store", memories.at(hw::Memory::kAccumulators).high_water_bytes()}};
}

}  // namespace npu::sim
