// The one table of instruction fields: encoder, decoder, disassembler and docs/instruction_set.md all come from it.
#pragma once

#include <cstdint>
#include <span>

#include "hw/isa/instruction.h"

namespace npu::hw {

inline constexpr int kInstructionBits = 512;
inline constexpr int kInstructionBytes = kInstructionBits / 8;

/// One bit field of an instruction body of type `Body`. Fields follow each other from bit 0 upwards behind the common
/// header (opcode, waits, signals), without gaps. A field `minus_one` stores value - 1.
template <class Body>
struct Field {
  const char* name;
  int bits;
  bool is_signed;
  bool minus_one;
  std::int64_t Body::* member;
  const char* meaning;  ///< one sentence with the unit

  constexpr std::int64_t minimum() const {
    return is_signed ? -(std::int64_t{1} << (bits - 1)) : (minus_one ? 1 : 0);
  }
  constexpr std::int64_t maximum() const {
    return is_signed ? (std::int64_t{1} << (bits - 1)) - 1 : (std::int64_t{1} << bits) - (minus_one ? 0 : 1);
  }
};

inline constexpr int kOpcodeBits = 4;
inline constexpr int kWaitBits = 4;
inline constexpr int kHeaderBits = kOpcodeBits + kUnitSlots * kWaitBits + kUnitSlots;

/// The table of each body, in encoding order.
template <class Body>
std::span<const Field<Body>> fields_of();
template <>
std::span<const Field<Halt>> fields_of();
template <>
std::span<const Field<Sync>> fields_of();
template <>
std::span<const Field<Transfer>> fields_of();
template <>
std::span<const Field<Conv>> fields_of();
template <>
std::span<const Field<Vector>> fields_of();

const char* opcode_name(Opcode opcode);
inline constexpr int kOpcodes = 7;

}  // namespace npu::hw
