#include "sim/engines/estimate/instruction_costs.h"

#include <algorithm>

#include "hw/timing/transfer_timing.h"
#include "hw/timing/vector_timing.h"

namespace npu::sim {

const InstructionCosts::Known& InstructionCosts::convolution(const hw::Instruction& instruction) {
  // Kernel, strides and dataflow are the layer's.
  const hw::Conv& conv = instruction.conv();
  const Shape shape{{conv.out_height, conv.out_width, conv.out_channels, conv.in_channels, conv.in_height,
                     conv.in_width, conv.pad_top, conv.pad_left, conv.first, conv.last, conv.zero_share}};
  const auto known = std::find_if(convolutions_.rbegin(), convolutions_.rend(),
                                  [&](const Known& entry) { return entry.shape == shape; });
  if (known != convolutions_.rend()) return *known;
  const hw::ConvPhases phases = hw::conv_phases(hw::conv_work(conv), arch_);
  convolutions_.push_back({shape, phases, hw::access_counts(instruction, arch_)});
  return convolutions_.back();
}

InstructionCost InstructionCosts::of(const hw::Instruction& instruction, hw::AccessCounts& counts) {
  switch (instruction.opcode) {
    case hw::Opcode::kConv: {
      const Known& known = convolution(instruction);
      counts += known.counts;
      return {known.phases, 0};
    }
    case hw::Opcode::kVector:
      counts += hw::access_counts(instruction, arch_);
      return {{hw::vector_cycles(instruction.vector(), arch_), 0, {}}, 0};
    case hw::Opcode::kLoadWeights:
    case hw::Opcode::kLoadActivations:
    case hw::Opcode::kStore: {
      const hw::AccessCounts transfer = hw::access_counts(instruction, arch_);
      counts += transfer;
      return {{}, transfer[hw::Component::kDram]};
    }
    case hw::Opcode::kSync:
    case hw::Opcode::kHalt:
      break;
  }
  return {};
}

}  // namespace npu::sim
