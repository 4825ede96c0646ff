// What a program knows of the machine it was compiled for, and its symbol table. The file format is in
// program_file.cpp.
#include "hw/isa/program.h"

#include <fmt/core.h>

#include "hw/common/error.h"

namespace npu::hw {

MachineFormat machine_format(const ArchConfig& arch) {
  MachineFormat format;
  format.array_rows = arch.pe_array.rows;
  format.array_columns = arch.pe_array.columns;
  format.weight_bits = arch.data.weight_bits;
  format.activation_bits = arch.data.activation_bits;
  format.accumulator_bits = arch.data.accumulator_bits;
  format.shift_bits = arch.compounding.shift_bits;
  format.rounding = arch.compounding.rounding;
  format.weight_sram_bytes = arch.weight_sram.capacity_bytes;
  format.global_buffer_bytes = arch.global_buffer.capacity_bytes;
  format.accumulator_entries = arch.accumulator_entries();
  format.dram_bytes = arch.dram.capacity_bytes;
  return format;
}

const TensorSymbol& Program::tensor(const std::string& name) const {
  for (const auto& tensor : tensors) {
    if (tensor.name == name) return tensor;
  }
  throw ProgramError(
      -1, fmt::format("found no tensor named '{}', expected one of its {} tensors", name, tensors.size()));
}

void check_compatible(const Program& program, const ArchConfig& arch) {
  const std::string machine = compatibility_hash(arch);
  if (program.compatibility_hash == machine) return;
  throw ProgramError(
      -1, fmt::format("found compatibility hash {} (network '{}'), expected {} of machine '{}': compile "
                      "the network for this machine",
                      program.compatibility_hash, program.network, machine, arch.name));
}

}  // namespace npu::hw
