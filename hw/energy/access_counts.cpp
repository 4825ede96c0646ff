// Access counts per instruction. Every word counts where it is read or written in a memory, once where it
// enters the array (broadcast or shift), and at the register file of each PE that uses it. Hops of the adder
// chain (WS) and of leaving results (OS) are free, and so are reads of padding. docs/energy_model.md lists
// the rules and their sources.
#include "hw/energy/access_counts.h"

#include "hw/energy/conv_counts.h"
#include "hw/timing/transfer_timing.h"
#include "hw/timing/vector_timing.h"
#include "hw/timing/vector_work.h"

namespace npu::hw {
namespace {

AccessCounts transfer_counts(const Instruction& instruction, const ArchConfig& arch) {
  const Transfer& transfer = instruction.transfer();
  AccessCounts counts;
  counts[Component::kDram] = bus_bytes(transfer, arch.dram);
  const Component sram =
      instruction.opcode == Opcode::kLoadWeights ? Component::kWeightSram : Component::kGlobalBuffer;
  counts[sram] = transfer.run_bytes * transfer.count1 * transfer.count2;
  return counts;
}

AccessCounts vector_counts(const Vector& vector, const ArchConfig& arch) {
  const VectorWork work = vector_work(vector);
  AccessCounts counts;
  counts[Component::kGlobalBuffer] = (work.operands + work.outputs) * arch.data.activation_bytes();
  counts[Component::kWeightSram] = work.table_lookups * work.table_entry_bytes;
  counts[Component::kVector] = vector_operations(vector);
  return counts;
}

}  // namespace

std::string_view component_name(Component component) {
  constexpr std::array<std::string_view, kComponents> kNames{
      "dram", "global_buffer", "weight_sram", "accumulator_store", "register_file", "inter_pe",
      "mac",  "compounding",   "vector",
  };
  return kNames.at(static_cast<std::size_t>(component));
}

AccessCounts& AccessCounts::operator+=(const AccessCounts& other) {
  for (std::size_t component = 0; component < count.size(); ++component) {
    count[component] += other.count[component];
  }
  return *this;
}

AccessCounts access_counts(const Instruction& instruction, const ArchConfig& arch) {
  switch (instruction.opcode) {
    case Opcode::kLoadWeights:
    case Opcode::kLoadActivations:
    case Opcode::kStore:
      return transfer_counts(instruction, arch);
    case Opcode::kConv:
      return conv_counts(instruction.conv(), arch);
    case Opcode::kVector:
      return vector_counts(instruction.vector(), arch);
    case Opcode::kHalt:
    case Opcode::kSync:
      break;
  }
  return {};
}

}  // namespace npu::hw
