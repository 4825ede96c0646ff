#include <algorithm>
#include <set>

#include "hw/isa/disassembler.h"
#include "hw/isa/encoding.h"
#include "tests/hw/isa/isa_support.h"

namespace npu::hw {
namespace {

using tests::random_instruction;
using tests::TestRandom;

constexpr std::uint64_t kSeed = 20081057;

// Position of the first bit behind all fields, by an independent count.
int used_bits(Opcode opcode) {
  int bits = kHeaderBits;
  with_body_type(opcode, [&]<class Body>() {
    for_each_field<Body>([&](const Field<Body>& field) { bits += field.bits; });
  });
  return bits;
}

std::string problem_of(const Instruction& instruction) {
  try {
    encode(instruction, 7);
  } catch (const ProgramError& error) {
    CHECK(error.pc() == 7);
    return error.what();
  }
  return "";
}

TEST_CASE("every instruction decodes to what was encoded, at random and at the extremes of its fields") {
  INFO("seed " << kSeed);
  TestRandom random(kSeed);
  for (int opcode = 0; opcode < kOpcodes; ++opcode) {
    for (int round = 0; round < 3000; ++round) {
      const Instruction instruction = random_instruction(static_cast<Opcode>(opcode), random);
      const InstructionWord word = encode(instruction, 0);
      REQUIRE(decode(word, 0) == instruction);
    }
  }
}

TEST_CASE("a field's bits are where the documentation's bit ranges put them") {
  Instruction instruction;
  instruction.opcode = Opcode::kLoadActivations;
  Transfer transfer;
  transfer.dram_address = 0x12'3456'789A;
  transfer.run_bytes = 1;
  instruction.body = transfer;
  instruction.tokens.wait[0] = 0xF;
  instruction.tokens.signal[4] = true;
  const InstructionWord word = encode(instruction, 0);
  // By hand: opcode 3 in bits 0..3, wait[0] in 4..7, signal[4] in bit 32, dram_address from bit 34.
  CHECK(word[0] == 0xF3);
  CHECK(word[1] == 0);
  CHECK(word[4] == ((0x9AU << 2 | 1U) & 0xFFU));
  CHECK(word[5] == ((0x123456789AULL >> 6) & 0xFFU));
  CHECK(word[9] == ((0x123456789AULL >> 38) & 0x3U));
}

TEST_CASE("a value outside its field is refused by name, value and range") {
  TestRandom random(kSeed + 1);
  for (const auto opcode : {Opcode::kSync, Opcode::kStore, Opcode::kConv, Opcode::kVector}) {
    with_body_type(opcode, [&]<class Body>() {
      for_each_field<Body>([&](const Field<Body>& field) {
        for (const std::int64_t bad : {field.minimum() - 1, largest_value(field) + 1}) {
          Instruction instruction = random_instruction(opcode, random);
          std::get<Body>(instruction.body).*(field.member) = bad;
          const std::string problem = problem_of(instruction);
          INFO(problem);
          CHECK(problem.find(std::string("field ") + field.name + ":") != std::string::npos);
          CHECK(problem.find("found " + std::to_string(bad)) != std::string::npos);
          CHECK(problem.find(std::to_string(field.minimum()) + " to " +
                             std::to_string(largest_value(field))) != std::string::npos);
        }
      });
    });
  }
}

TEST_CASE("tokens that the word cannot hold are refused") {
  Instruction instruction = tests::sync(Unit::kConv);
  instruction.tokens.wait[2] = kMaxWait + 1;
  CHECK(problem_of(instruction).find("wait count of producer slot 2: found 16") != std::string::npos);
  instruction = tests::sync(Unit::kConv);
  instruction.tokens.wait[5] = 1;
  CHECK(problem_of(instruction).find("slot 5") != std::string::npos);
  instruction = tests::sync(Unit::kConv);
  instruction.tokens.signal[5] = true;
  CHECK(problem_of(instruction).find("slot 5") != std::string::npos);
}

TEST_CASE("a body that does not belong to the opcode is our own fault") {
  const Instruction instruction{Opcode::kConv, {}, Halt{}};
  CHECK_THROWS_AS(encode(instruction, 0), InternalError);
}

TEST_CASE("unknown opcodes, units, operations and dataflows are refused") {
  TestRandom random(kSeed + 2);
  for (unsigned opcode = kOpcodes; opcode < 16; ++opcode) {
    InstructionWord word{};
    word[0] = static_cast<std::uint8_t>(opcode);
    CHECK_THROWS_AS(decode(word, 3), ProgramError);
  }
  const auto flip = [](InstructionWord word, int bit) {
    word[static_cast<std::size_t>(bit / 8)] =
        static_cast<std::uint8_t>(word[static_cast<std::size_t>(bit / 8)] ^ (1U << (bit % 8)));
    return word;
  };
  // The enumerations are the first fields of their bodies: their highest bit is never set by a legal value.
  CHECK_THROWS_AS(decode(flip(encode(tests::sync(Unit::kVector), 0), kHeaderBits + 1), 3), ProgramError);
  CHECK_THROWS_AS(decode(flip(encode(random_instruction(Opcode::kConv, random), 0), kHeaderBits + 1), 3),
                  ProgramError);
  CHECK_THROWS_AS(decode(flip(encode(random_instruction(Opcode::kVector, random), 0), kHeaderBits + 3), 3),
                  ProgramError);
}

TEST_CASE("every unused bit must be zero") {
  TestRandom random(kSeed + 3);
  for (int opcode = 0; opcode < kOpcodes; ++opcode) {
    const auto kind = static_cast<Opcode>(opcode);
    const InstructionWord word = encode(random_instruction(kind, random), 0);
    for (int bit = used_bits(kind); bit < kInstructionBits; ++bit) {
      InstructionWord changed = word;
      auto& byte = changed[static_cast<std::size_t>(bit / 8)];
      byte = static_cast<std::uint8_t>(byte | (1U << (bit % 8)));
      try {
        decode(changed, 5);
        FAIL("bit " << bit << " of opcode " << opcode << " was ignored");
      } catch (const ProgramError& error) {
        CHECK(error.pc() == 5);
      }
    }
  }
}

TEST_CASE("the sixth unit slot must be empty in a word") {
  for (const int bit : {kOpcodeBits + 5 * kWaitBits, kHeaderBits - 1}) {
    InstructionWord word = encode(tests::sync(Unit::kStore), 0);
    word[static_cast<std::size_t>(bit / 8)] =
        static_cast<std::uint8_t>(word[static_cast<std::size_t>(bit / 8)] | (1U << (bit % 8)));
    CHECK_THROWS_AS(decode(word, 0), ProgramError);
  }
}

TEST_CASE("any 64 bytes either decode to an instruction that encodes to them, or are refused") {
  INFO("seed " << kSeed);
  TestRandom random(kSeed + 4);
  int accepted = 0;
  for (int round = 0; round < 20000; ++round) {
    const auto opcode = static_cast<Opcode>(random.integer(0, kOpcodes - 1));
    InstructionWord word = encode(random_instruction(opcode, random), 0);
    for (int change = 0; change < 3; ++change) {
      word[static_cast<std::size_t>(random.integer(0, kInstructionBytes - 1))] =
          static_cast<std::uint8_t>(random.next());
    }
    try {
      const Instruction instruction = decode(word, 0);
      ++accepted;
      REQUIRE(encode(instruction, 0) == word);
    } catch (const ProgramError&) {
      continue;
    }
  }
  CHECK(accepted > 0);
}

TEST_CASE("disassembly names every field that differs from its default, and only those") {
  TestRandom random(kSeed + 5);
  for (const auto opcode : {Opcode::kSync, Opcode::kLoadWeights, Opcode::kConv, Opcode::kVector}) {
    for (int round = 0; round < 50; ++round) {
      const Instruction instruction = random_instruction(opcode, random);
      const std::string text = disassemble(instruction);
      INFO(text);
      CHECK(text.starts_with(opcode_name(opcode)));
      with_body_type(opcode, [&]<class Body>() {
        const auto& body = std::get<Body>(instruction.body);
        for_each_field<Body>([&](const Field<Body>& field) {
          const bool differs = body.*(field.member) != Body{}.*(field.member);
          const bool named = text.find(std::string(" ") + field.name + "=") != std::string::npos;
          CHECK(named == (differs || !value_names(field).empty()));
        });
      });
    }
  }
}

TEST_CASE("disassembly of known instructions reads as documented") {
  using tests::with_tokens;
  CHECK(disassemble(tests::halt()) == "HALT");
  CHECK(disassemble(with_tokens(tests::sync(Unit::kStore), {{Unit::kConv, Unit::kConv}, {Unit::kVector}})) ==
        "SYNC unit=store wait[conv=2] signal[vector]");
  CHECK(disassemble(tests::load_weights(0x1000, 0x40, 100)) ==
        "LOADW dram_address=0x1000 sram_address=0x0040 run_bytes=100");
  CHECK(disassemble(tests::rescale(0, 256, 64)).starts_with("VECTOR operation=rescale"));
  CHECK(disassemble(tests::conv(0, 0, 256, 4)).find("dataflow=ws") != std::string::npos);
}

TEST_CASE("disassembly of a program has one line for each instruction and a heading for each layer") {
  Program program = tests::pipeline_program(3);
  LayerSymbol layer;
  layer.name = "stem";
  layer.op = "conv";
  layer.first_pc = 0;
  layer.last_pc = 10;
  program.layers = {layer};
  const std::string text = disassemble(program);
  CHECK(text.find("; layer stem (conv)") != std::string::npos);
  const auto lines = std::count(text.begin(), text.end(), '\n');
  const auto comments = std::count(text.begin(), text.end(), ';');
  INFO(text);
  CHECK(lines - comments == static_cast<std::ptrdiff_t>(program.instructions.size()));
}

}  // namespace
}  // namespace npu::hw
