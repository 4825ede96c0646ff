#include "sim/golden/replay.h"

#include <algorithm>

#include "sim/engines/common/tensor_io.h"

namespace npu::sim::golden {

using hw::Conv;
using hw::Instruction;
using hw::Opcode;

Replay::Replay(const hw::Program& program, hw::KernelPath path)
    : program_(program), kernels_(program.format, path), sum_kernels_(program.format, path) {}

void Replay::run(std::span<const std::int32_t> input, bool sums,
                 const std::function<bool(const Step&)>& observe) {
  dram_ = initial_dram(program_);
  weight_sram_.assign(static_cast<std::size_t>(program_.format.weight_sram_bytes), 0);
  global_buffer_.assign(static_cast<std::size_t>(program_.format.global_buffer_bytes), 0);
  accumulators_.assign(static_cast<std::size_t>(program_.format.accumulator_entries), 0);
  write_tensor(dram_, program_.tensor(program_.input), program_.format, input);
  const hw::MemoryView memory{dram_, weight_sram_, global_buffer_, accumulators_};
  for (std::size_t index = 0; index < program_.instructions.size(); ++index) {
    const Instruction& instruction = program_.instructions[index];
    const auto pc = static_cast<std::int64_t>(index);
    Step step{pc, &instruction, {}, {}, &memory};
    kernels_.compute(instruction, pc, memory, result_);
    step.written = result_.bytes;
    if (instruction.opcode == Opcode::kConv) {
      if (instruction.conv().last == 0) {
        step.accumulators = result_.accumulators;
      } else if (sums) {
        step.accumulators = sums_of(instruction, pc);
      }
    }
    if (!observe(step)) return;
    kernels_.commit(instruction, result_, memory);
  }
}

std::span<const std::int64_t> Replay::sums_of(const Instruction& instruction, std::int64_t pc) {
  Instruction partial = instruction;
  auto& conv = std::get<Conv>(partial.body);
  const auto count = static_cast<std::size_t>(conv.out_height * conv.out_width * conv.out_channels);
  own_sums_.assign(count, 0);
  if (conv.first == 0) {
    std::copy_n(accumulators_.begin() + conv.acc_address, count, own_sums_.begin());
  }
  conv.last = 0;
  conv.acc_address = 0;
  sum_kernels_.compute(partial, pc, {dram_, weight_sram_, global_buffer_, own_sums_}, sums_);
  return sums_.accumulators;
}

}  // namespace npu::sim::golden
