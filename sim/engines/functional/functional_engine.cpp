// Program order is a legal order of every verified program, so that no tokens are needed. On-chip memories
// start zeroed; a verified program reads only what it has written.
#include "sim/engines/functional/functional_engine.h"

#include "sim/engines/common/tensor_io.h"

namespace npu::sim {
namespace {

// The layer of each instruction, or -1.
std::vector<std::int64_t> layer_of_each_pc(const hw::Program& program) {
  std::vector<std::int64_t> layers(program.instructions.size(), -1);
  for (std::size_t layer = 0; layer < program.layers.size(); ++layer) {
    for (std::int64_t pc = program.layers[layer].first_pc; pc < program.layers[layer].last_pc; ++pc) {
      layers.at(static_cast<std::size_t>(pc)) = static_cast<std::int64_t>(layer);
    }
  }
  return layers;
}

}  // namespace

FunctionalEngine::FunctionalEngine(const hw::Program& program, hw::KernelPath path)
    : program_(program),
      kernels_(program.format, path),
      dram_(initial_dram(program)),
      weight_sram_(static_cast<std::size_t>(program.format.weight_sram_bytes)),
      global_buffer_(static_cast<std::size_t>(program.format.global_buffer_bytes)),
      accumulators_(static_cast<std::size_t>(program.format.accumulator_entries)),
      saturated_(program.layers.size()),
      layer_of_pc_(layer_of_each_pc(program)) {}

std::vector<std::int32_t> FunctionalEngine::run(std::span<const std::int32_t> input) {
  write_tensor(dram_, program_.tensor(program_.input), program_.format, input);
  const hw::MemoryView memory{dram_, weight_sram_, global_buffer_, accumulators_};
  for (std::size_t pc = 0; pc < program_.instructions.size(); ++pc) {
    const std::int64_t cut =
        kernels_.execute(program_.instructions[pc], static_cast<std::int64_t>(pc), memory);
    if (layer_of_pc_[pc] >= 0) saturated_[static_cast<std::size_t>(layer_of_pc_[pc])] += cut;
  }
  return read_tensor(dram_, program_.tensor(program_.output), program_.format);
}

}  // namespace npu::sim
