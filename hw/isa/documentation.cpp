// docs/instruction_set.md. The tables come from the field tables; the prose around them states what the
// tables cannot.
#include "hw/isa/documentation.h"

#include <fmt/core.h>

#include <string_view>

#include "hw/isa/field_tools.h"

namespace npu::hw {
namespace {

constexpr std::string_view kIntroduction = R"(# Instruction set

This file is generated from the field tables in `hw/isa/fields.cpp` (target `update_docs`); a test compares the two.
Which bytes an instruction touches is defined by `hw/isa/regions.cpp`, which values it computes by `hw/kernels` and
`hw/numerics` (see numerics.md), how long it takes by `hw/timing` (see timing_model.md).

)";

constexpr std::string_view kWords = R"(## Words
An instruction is a word of {word_bits} bits, {word_bytes} bytes; bit 0 is the lowest bit of the first byte, and a
field's lowest bit comes first. Every word starts with the header below. The body's fields follow from bit {body}
upwards without gaps, in the order of their table; all bits behind them are zero. A word with an unknown opcode, an
unnamed value of an enumeration, tokens for a slot without a unit or a non-zero unused bit is not an instruction.

Fields are unsigned unless the table says `signed` (two's complement). A field marked `value - 1` holds its value less
one, so that sizes start at 1. Addresses and strides are in bytes, except accumulator addresses, which count entries.

)";

constexpr std::string_view kTokens = R"(## Units and tokens
Five units execute instructions, each from a queue of its own, in program order. The command processor hands
instructions to the queues in program order and waits where a queue is full. Instructions of one unit have their effects
in program order; instructions of different units are ordered by tokens alone.

For each ordered pair (producer unit, consumer unit) there is one counting semaphore of 8 bits, zero at reset.

- An instruction starts when its unit is free and for every producer `p` the semaphore (`p`, own unit) holds at least
  `wait[p]` tokens. Starting takes them away.
- When an instruction ends, one token is added to the semaphore (own unit, `c`) for every `c` in `signal`. The tokens of
  `conv` for the two load units come earlier, when its operands have been read: results of a CONV may still leave the array
  while the next one loads, but those of the CONV before it are all written.
- Operands are read when an instruction starts and results appear when it ends.

Because units are in order and semaphores count, the S-th token that a unit takes from a producer is always the
producer's S-th signal to it, whatever the latencies. The program verifier builds on this: it accepts a program only if
every wait is matched by a signal that stands earlier in the program, no semaphore can exceed 255 tokens in any
interleaving, and every pair of overlapping accesses of different units, at least one of them a write, is ordered.

| unit | slot | instructions |
|---|---|---|
)";

constexpr std::string_view kLayouts = R"(## Layouts
**Activations** in DRAM and in the global buffer are [row][column][channel], channel innermost and dense, little-endian
elements of activation width; rows and columns have strides of their own, so that a tile can be part of a larger map
and the operands of a concatenation can share one map.

**Weights** in weight SRAM: [out channel][kernel row][kernel column][in channel]; depthwise [kernel row][kernel
column][channel]. Elements of weight width.

**Parameters** in weight SRAM, at `parameter_address`: the biases [out channel], little-endian, as wide as an
accumulator; then the equalising shifts, two per byte with the even channel in the low nibble (one per byte where the
machine's shifts have 5 bits). With `per_channel_multiplier` the biases are followed by a multiplier of 4 bytes for each
channel and a shift of one byte for each channel.

**Accumulators** [row][column][out channel], dense, from `acc_address`.

**Tables** in weight SRAM: 256 one-byte entries, entry q + 128 for the input q (`table`); or little-endian multipliers
of 4 bytes, entry n for windows with n real pixels, entry 0 unused (`average_pool` with `use_table`).

**DRAM map**: instructions, constants, activations, each from a multiple of 64 bytes. Instructions and constants are
never written.

)";

struct OpcodeText {
  Opcode opcode;
  std::string_view text;
};

constexpr std::array kOpcodeTexts{
    OpcodeText{Opcode::kHalt,
               R"(Ends the program when every unit has finished. It is the last instruction, belongs to
no unit and carries no tokens.)"},
    OpcodeText{Opcode::kSync, "Does nothing on its unit but wait and signal."},
    OpcodeText{
        Opcode::kLoadWeights,
        R"(Strided copy from DRAM to weight SRAM: `count2` planes of `count1` runs of `run_bytes` contiguous
bytes; run i of plane j starts at address + i * stride1 + j * stride2 on either side.)"},
    OpcodeText{Opcode::kLoadActivations,
               "As LOADW, from DRAM to the global buffer, on a channel of its own."},
    OpcodeText{Opcode::kStore, "As LOADW in the other direction: from the global buffer to DRAM."},
    OpcodeText{Opcode::kConv, R"(Convolution over one tile:

    sum[y][x][k] = sum over dy, dx, c of (in[y * stride_height - pad_top + dy][x * stride_width - pad_left + dx][c])
                                       * (weight[k][dy][dx][c] - weight_zero_point)

Inputs outside the `in_height` x `in_width` pixels of the tile read `in_zero_point`; the bias holds what that zero point
contributes, so nothing is subtracted from the inputs. With `first` the sums start from zero, else from the
accumulators; without `last` they are left in the accumulators, with `last` the compounding unit turns them into outputs:

    v = sum + bias[k]
    out = clamp(out_zero_point + rshift_round(v * M, n + e[k]), low, high)

with M, n = `multiplier`, `shift`, or `negative_multiplier`, `negative_shift` where `leaky` is set and v is negative. With
`per_channel_multiplier` M comes from the parameter block. `n + e[k]` is at most 63. Accumulators wrap at their width.

An instruction with `first` and `last` leaves the accumulators it used undefined: weight stationary uses
out_height * out_width * min(out_channels, array columns) entries, output stationary and depthwise none.)"},
    OpcodeText{Opcode::kVector,
               R"(Work on activations that needs no weights, y the output, a and b the operands:

- `add`: y = clamp(out_zero_point + rshift_round((a - za) * ma + (b - zb) * mb, shift), low, high), element by element.
- `rescale`: the same with operand a alone.
- `max_pool`: the maximum over the real pixels of each window, clamped to `low` and `high`; not rescaled.
- `average_pool`: clamp(out_zero_point + rshift_round((sum - count * za) * m, shift), low, high) over the real pixels of
  each window; m is `a_multiplier`, or with `use_table` the count-th entry of the table.
- `table`: y = table[a + 128]; 8-bit activations only.

Element by element the input and output sizes are equal and the window is one pixel. Pools read windows as CONV does, and
every window holds at least one real pixel.)"},
};
static_assert(kOpcodeTexts.size() == kOpcodes);

std::string replaced(std::string text, std::string_view key, int value) {
  const auto position = text.find(key);
  NPU_CHECK(position != std::string::npos, "documentation template without its key");
  return text.replace(position, key.size(), std::to_string(value));
}

std::string bit_range(int first, int bits) {
  return bits == 1 ? fmt::format("{}", first) : fmt::format("{}..{}", first, first + bits - 1);
}

std::string header_table() {
  std::string text = "| field | bits | meaning |\n|---|---|---|\n";
  text += fmt::format("| opcode | {} | see below |\n", bit_range(0, kOpcodeBits));
  int position = kOpcodeBits;
  for (int slot = 0; slot < kUnitSlots; ++slot, position += kWaitBits) {
    text +=
        slot < kUnits
            ? fmt::format("| wait[{}] | {} | tokens to take from `{}`, 0 to {} |\n", slot,
                          bit_range(position, kWaitBits), unit_name(static_cast<Unit>(slot)), kMaxWait)
            : fmt::format("| wait[{}] | {} | zero: no such unit |\n", slot, bit_range(position, kWaitBits));
  }
  for (int slot = 0; slot < kUnitSlots; ++slot, ++position) {
    text += slot < kUnits ? fmt::format("| signal[{}] | {} | one token for `{}` |\n", slot, position,
                                        unit_name(static_cast<Unit>(slot)))
                          : fmt::format("| signal[{}] | {} | zero: no such unit |\n", slot, position);
  }
  return text + "\n";
}

std::string unit_table() {
  constexpr std::array kInstructions{"LOADW, SYNC", "LOADA, SYNC", "STORE, SYNC", "CONV, SYNC",
                                     "VECTOR, SYNC"};
  std::string text;
  for (std::size_t unit = 0; unit < kUnits; ++unit) {
    text +=
        fmt::format("| {} | {} | {} |\n", unit_name(static_cast<Unit>(unit)), unit, kInstructions.at(unit));
  }
  return text + "\n";
}

template <class Body>
std::string field_row(const Field<Body>& field, int position) {
  std::string form = field.is_signed ? "signed" : "";
  if (field.minus_one) form = "value - 1";
  return fmt::format("| {} | {} | {} | {} to {} | {} |\n", field.name, bit_range(position, field.bits), form,
                     field.minimum(), largest_value(field), field.meaning);
}

std::string field_table(Opcode opcode) {
  std::string rows;
  int position = kHeaderBits;
  with_body_type(opcode, [&]<class Body>() {
    for_each_field<Body>([&](const Field<Body>& field) {
      rows += field_row(field, position);
      position += field.bits;
    });
  });
  if (rows.empty()) return "No fields.\n\n";
  return "| field | bits | form | values | meaning |\n|---|---|---|---|---|\n" + rows +
         fmt::format("\n{} of {} bits used.\n\n", position, kInstructionBits);
}

}  // namespace

std::string instruction_set_markdown() {
  std::string text(kIntroduction);
  text += replaced(replaced(replaced(std::string(kWords), "{word_bits}", kInstructionBits), "{word_bytes}",
                            kInstructionBytes),
                   "{body}", kHeaderBits);
  text += header_table();
  text += kTokens;
  text += unit_table();
  text += kLayouts;
  text += "## Instructions\n\n";
  for (const auto& [opcode, description] : kOpcodeTexts) {
    text +=
        fmt::format("### {} (opcode {})\n{}\n\n", opcode_name(opcode), static_cast<int>(opcode), description);
    text += field_table(opcode);
  }
  text.pop_back();  // one newline at the end
  return text;
}

}  // namespace npu::hw
