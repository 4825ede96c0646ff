// Binary form of instructions: 512-bit words, bit 0 of a word is bit 0 of its first little-endian byte.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "hw/isa/fields.h"

namespace npu::hw {

using InstructionWord = std::array<std::uint8_t, kInstructionBytes>;

/// Throws ProgramError(pc) naming the field, its value and its range if a value does not fit.
InstructionWord encode(const Instruction& instruction, std::int64_t pc);

/// Throws ProgramError(pc) for an unknown opcode, unit, operation or dataflow, or non-zero unused bits.
Instruction decode(std::span<const std::uint8_t, kInstructionBytes> word, std::int64_t pc);

}  // namespace npu::hw
