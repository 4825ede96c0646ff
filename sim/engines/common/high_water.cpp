#include "sim/engines/common/high_water.h"

#include <algorithm>

#include "sim/engines/common/memory_life.h"

namespace npu::sim {

std::map<std::string, std::int64_t> high_water_bytes(const hw::Program& program,
                                                     const hw::MachineTrace& trace) {
  std::map<std::string, std::int64_t> result;
  for (const auto& [memory, changes] : memory_lives(program, trace)) {
    std::int64_t live = 0;
    std::int64_t highest = 0;
    for (const LifeChange& change : changes) highest = std::max(highest, live += change.lines);
    result[memory_key(memory)] = highest * kLineBytes;
  }
  return result;
}

}  // namespace npu::sim
