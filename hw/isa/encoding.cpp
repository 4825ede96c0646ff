// Encoder and decoder of 512-bit words, driven by the field tables. Word: opcode, wait counts of the six
// producer slots, signal bits of the six consumer slots, then the body's fields; everything behind them is
// zero.
#include "hw/isa/encoding.h"

#include <fmt/core.h>

#include "hw/common/error.h"
#include "hw/isa/field_tools.h"

namespace npu::hw {
namespace {

constexpr int kByteBits = 8;

class BitWriter {
 public:
  explicit BitWriter(InstructionWord& word) : word_(word) {}

  // The `bits` low bits of `value`, lowest first.
  void put(std::uint64_t value, int bits) {
    while (bits > 0) {
      const int offset = position_ % kByteBits;
      const int taken = std::min(kByteBits - offset, bits);
      const auto piece = value & ((std::uint64_t{1} << taken) - 1);
      auto& byte = word_[static_cast<std::size_t>(position_ / kByteBits)];
      byte = static_cast<std::uint8_t>(byte | (piece << offset));
      value >>= taken;
      bits -= taken;
      position_ += taken;
    }
  }

 private:
  InstructionWord& word_;
  int position_ = 0;
};

class BitReader {
 public:
  explicit BitReader(std::span<const std::uint8_t, kInstructionBytes> word) : word_(word) {}

  std::uint64_t take(int bits) {
    std::uint64_t value = 0;
    int done = 0;
    while (done < bits) {
      const int offset = position_ % kByteBits;
      const int taken = std::min(kByteBits - offset, bits - done);
      const unsigned byte = word_[static_cast<std::size_t>(position_ / kByteBits)];
      const std::uint64_t piece = (byte >> offset) & ((1U << taken) - 1U);
      value |= piece << done;
      done += taken;
      position_ += taken;
    }
    return value;
  }

  int position() const { return position_; }

 private:
  std::span<const std::uint8_t, kInstructionBytes> word_;
  int position_ = 0;
};

template <class Body>
void check_value(const Field<Body>& field, std::int64_t value, Opcode opcode, std::int64_t pc) {
  if (value >= field.minimum() && value <= largest_value(field)) return;
  throw ProgramError(pc, fmt::format("{} field {}: found {}, expected {} to {}", opcode_name(opcode),
                                     field.name, value, field.minimum(), largest_value(field)));
}

void encode_tokens(const Tokens& tokens, std::int64_t pc, BitWriter& writer) {
  for (int slot = 0; slot < kUnitSlots; ++slot) {
    const int wait = tokens.wait[static_cast<std::size_t>(slot)];
    const int limit = slot < kUnits ? kMaxWait : 0;
    if (wait > limit) {
      throw ProgramError(
          pc, fmt::format("wait count of producer slot {}: found {}, expected 0 to {}", slot, wait, limit));
    }
    writer.put(static_cast<std::uint64_t>(wait), kWaitBits);
  }
  for (int slot = 0; slot < kUnitSlots; ++slot) {
    const bool signal = tokens.signal[static_cast<std::size_t>(slot)];
    if (signal && slot >= kUnits) {
      throw ProgramError(pc,
                         fmt::format("signal to consumer slot {}: found 1, expected 0 (no such unit)", slot));
    }
    writer.put(signal ? 1 : 0, 1);
  }
}

Tokens decode_tokens(std::int64_t pc, BitReader& reader) {
  Tokens tokens;
  for (auto& wait : tokens.wait) wait = static_cast<std::uint8_t>(reader.take(kWaitBits));
  for (auto& signal : tokens.signal) signal = reader.take(1) != 0;
  for (std::size_t slot = kUnits; slot < kUnitSlots; ++slot) {
    if (tokens.wait[slot] != 0 || tokens.signal[slot]) {
      throw ProgramError(pc,
                         fmt::format("found tokens for unit slot {}, expected none (no such unit)", slot));
    }
  }
  return tokens;
}

template <class Body>
Body decode_body(Opcode opcode, std::int64_t pc, BitReader& reader) {
  Body body;
  for_each_field<Body>([&](const Field<Body>& field) {
    const std::uint64_t raw = reader.take(field.bits);
    const int unused = 64 - field.bits;
    std::int64_t value =
        field.is_signed ? static_cast<std::int64_t>(raw << unused) >> unused : static_cast<std::int64_t>(raw);
    if (field.minus_one) ++value;
    check_value(field, value, opcode, pc);
    body.*(field.member) = value;
  });
  return body;
}

}  // namespace

InstructionWord encode(const Instruction& instruction, std::int64_t pc) {
  NPU_CHECK(body_matches_opcode(instruction), fmt::format("instruction {}: body does not match opcode", pc));
  InstructionWord word{};
  BitWriter writer(word);
  writer.put(static_cast<std::uint64_t>(instruction.opcode), kOpcodeBits);
  encode_tokens(instruction.tokens, pc, writer);
  with_body_type(instruction.opcode, [&]<class Body>() {
    const auto& body = std::get<Body>(instruction.body);
    for_each_field<Body>([&](const Field<Body>& field) {
      const std::int64_t value = body.*(field.member);
      check_value(field, value, instruction.opcode, pc);
      writer.put(static_cast<std::uint64_t>(field.minus_one ? value - 1 : value), field.bits);
    });
  });
  return word;
}

Instruction decode(std::span<const std::uint8_t, kInstructionBytes> word, std::int64_t pc) {
  BitReader reader(word);
  Instruction instruction;
  const auto opcode = reader.take(kOpcodeBits);
  if (opcode >= kOpcodes) {
    throw ProgramError(pc, fmt::format("unknown opcode: found {}, expected 0 to {}", opcode, kOpcodes - 1));
  }
  instruction.opcode = static_cast<Opcode>(opcode);
  instruction.tokens = decode_tokens(pc, reader);
  with_body_type(instruction.opcode,
                 [&]<class Body>() { instruction.body = decode_body<Body>(instruction.opcode, pc, reader); });
  while (reader.position() < kInstructionBits) {
    const int position = reader.position();
    if (reader.take(std::min(kInstructionBits - position, kByteBits)) != 0) {
      throw ProgramError(
          pc, fmt::format("found a non-zero bit at or behind bit {}, expected zeros: {} uses fewer bits",
                          position, opcode_name(instruction.opcode)));
    }
  }
  return instruction;
}

}  // namespace npu::hw
