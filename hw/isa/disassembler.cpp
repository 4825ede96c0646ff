// Text form of instructions, driven by the field tables: every field that differs from its default, addresses
// in hexadecimal, enumerations by name. Not an assembler's input: there is no way back from text to words.
#include "hw/isa/disassembler.h"

#include <fmt/core.h>

#include <iterator>
#include <string_view>

#include "hw/common/error.h"
#include "hw/isa/field_tools.h"

namespace npu::hw {
namespace {

template <class Body>
std::string value_text(const Field<Body>& field, std::int64_t value) {
  const auto names = value_names(field);
  if (value >= 0 && value < std::ssize(names)) return names[static_cast<std::size_t>(value)];
  if (value >= 0 && std::string_view(field.name).ends_with("address")) return fmt::format("{:#06x}", value);
  return fmt::format("{}", value);
}

// An enumeration (the unit of SYNC, the operation of VECTOR, the dataflow of CONV) is always shown.
template <class Body>
std::string body_text(const Body& body) {
  const Body defaults{};
  std::string text;
  for_each_field<Body>([&](const Field<Body>& field) {
    const std::int64_t value = body.*(field.member);
    if (value == defaults.*(field.member) && value_names(field).empty()) return;
    text += fmt::format(" {}={}", field.name, value_text(field, value));
  });
  return text;
}

std::string slot_name(std::size_t slot) {
  return slot < kUnits ? unit_name(static_cast<Unit>(slot)) : fmt::format("slot{}", slot);
}

std::string tokens_text(const Tokens& tokens) {
  std::string waits;
  std::string signals;
  for (std::size_t slot = 0; slot < kUnitSlots; ++slot) {
    if (tokens.wait[slot] != 0) {
      waits += fmt::format("{}{}={}", waits.empty() ? "" : " ", slot_name(slot), tokens.wait[slot]);
    }
    if (tokens.signal[slot]) signals += (signals.empty() ? "" : " ") + slot_name(slot);
  }
  std::string text;
  if (!waits.empty()) text += fmt::format(" wait[{}]", waits);
  if (!signals.empty()) text += fmt::format(" signal[{}]", signals);
  return text;
}

std::string layer_heading(const LayerSymbol& layer) {
  std::string text = fmt::format("; layer {} ({}) {}", layer.name, layer.op, layer.shape);
  if (!layer.dataflow.empty()) text += fmt::format(", {}: {}", layer.dataflow, layer.dataflow_reason);
  if (!layer.tiling.empty()) text += fmt::format("; {}", layer.tiling);
  return text + "\n";
}

std::string program_heading(const Program& program) {
  const MachineFormat& format = program.format;
  const DramMap& dram = program.dram;
  std::string text = fmt::format("; network {}: {} instructions, {} constant bytes\n", program.network,
                                 program.instructions.size(), program.constants.size());
  text += fmt::format("; compatibility hash {}\n; config hash {}\n", program.compatibility_hash,
                      program.arch_hash);
  text += fmt::format(
      "; array {}x{}, weights {} bits, activations {} bits, accumulators {} bits, shifts {} bits, rounding "
      "{}\n",
      format.array_rows, format.array_columns, format.weight_bits, format.activation_bits,
      format.accumulator_bits, format.shift_bits, rounding_name(format.rounding));
  text += fmt::format(
      "; weight SRAM {} bytes, global buffer {} bytes, {} accumulator entries, DRAM {} bytes\n",
      format.weight_sram_bytes, format.global_buffer_bytes, format.accumulator_entries, format.dram_bytes);
  text += fmt::format("; DRAM map: instructions {:#x}, constants {:#x}, activations {:#x}, end {:#x}\n",
                      dram.instruction_base, dram.constant_base, dram.activation_base, dram.end);
  text += fmt::format("; input {}, output {}{}\n", program.input, program.output,
                      program.host_softmax ? ", softmax on the host" : "");
  return text;
}

}  // namespace

std::string disassemble(const Instruction& instruction) {
  NPU_CHECK(body_matches_opcode(instruction), "disassemble: body does not match opcode");
  const std::string body = with_body_type(
      instruction.opcode, [&]<class Body>() { return body_text(std::get<Body>(instruction.body)); });
  return opcode_name(instruction.opcode) + body + tokens_text(instruction.tokens);
}

std::string disassemble(const Program& program) {
  std::string text = program_heading(program);
  std::size_t layer = 0;
  for (std::size_t pc = 0; pc < program.instructions.size(); ++pc) {
    while (layer < program.layers.size() && program.layers[layer].first_pc <= static_cast<std::int64_t>(pc)) {
      text += layer_heading(program.layers[layer++]);
    }
    text += fmt::format("{:6}  {}\n", pc, disassemble(program.instructions[pc]));
  }
  return text;
}

}  // namespace npu::hw
