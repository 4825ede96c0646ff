#include <algorithm>

#include "hw/common/error.h"
#include "hw/isa/verifier.h"
#include "tests/hw/isa/isa_support.h"

namespace npu::hw {
namespace {

using tests::conv;
using tests::halt;
using tests::kActivations;
using tests::kConstants;
using tests::kDramEnd;
using tests::kOutputs;
using tests::load_activations;
using tests::load_weights;
using tests::pipeline_program;
using tests::rescale;
using tests::small_program;
using tests::store;
using tests::sync;
using tests::with_tokens;

Program program_of(std::vector<Instruction> instructions) {
  Program program = small_program();
  program.instructions = std::move(instructions);
  program.instructions.push_back(halt());
  return program;
}

std::string listing(const std::vector<Finding>& findings) {
  std::string text;
  for (const auto& finding : findings) text += std::to_string(finding.pc) + ": " + finding.message + "\n";
  return text;
}

// The single finding of a program that has exactly one.
Finding only_finding(const Program& program) {
  const auto findings = verify(program);
  INFO(listing(findings));
  REQUIRE(findings.size() == 1);
  return findings.front();
}

void check_only(const Program& program, FindingKind kind, std::int64_t pc, const std::string& part) {
  const Finding finding = only_finding(program);
  INFO(finding.message);
  CHECK(finding.kind == kind);
  CHECK(finding.pc == pc);
  CHECK(finding.message.find(part) != std::string::npos);
}

template <class Body>
Instruction changed(Instruction instruction, std::int64_t Body::*member, std::int64_t value) {
  std::get<Body>(instruction.body).*member = value;
  return instruction;
}

// Loads what `conv(0, 0, 1024, 16)` or `rescale(0, 1024, 128)` needs, then runs `instruction` in the right
// order.
Program fed(const Instruction& instruction) {
  const Unit unit = unit_of(instruction);
  return program_of({with_tokens(load_weights(kConstants, 0, 1024), {{}, {unit}}),
                     with_tokens(load_activations(kActivations, 0, 512), {{}, {unit}}),
                     with_tokens(instruction, {{Unit::kLoadWeights, Unit::kLoadActivations}, {}})});
}

TEST_CASE("an empty program but for HALT is proved") { CHECK(verify(program_of({})).empty()); }

TEST_CASE("a double-buffered pipeline with all its tokens is proved") {
  for (const int tiles : {1, 2, 3, 4, 16}) {
    const auto findings = verify(pipeline_program(tiles));
    INFO(listing(findings));
    CHECK(findings.empty());
  }
}

TEST_CASE("every wait and every signal of the pipeline is needed, and its removal is found") {
  for (const int tiles : {3, 8}) {
    const Program whole = pipeline_program(tiles);
    int removed = 0;
    for (std::size_t pc = 0; pc < whole.instructions.size(); ++pc) {
      for (std::size_t slot = 0; slot < kUnits; ++slot) {
        Program program = whole;
        Tokens& tokens = program.instructions[pc].tokens;
        if (tokens.wait[slot] > 0) {
          --tokens.wait[slot];
          ++removed;
          INFO("wait for slot " << slot << " removed from instruction " << pc);
          CHECK_FALSE(verify(program).empty());
          ++tokens.wait[slot];
        }
        if (tokens.signal[slot]) {
          tokens.signal[slot] = false;
          ++removed;
          INFO("signal to slot " << slot << " removed from instruction " << pc);
          CHECK_FALSE(verify(program).empty());
        }
      }
    }
    CHECK(removed == 2 * (1 + 2 * tiles + 2 * (tiles - 2)));
  }
}

TEST_CASE("order that follows from other tokens needs none of its own") {
  // load -> conv -> vector: the vector unit overwrites the conv's input, which the load wrote.
  const Program program = program_of({
      with_tokens(load_weights(kConstants, 0, 100), {{}, {Unit::kConv}}),
      with_tokens(load_activations(kActivations, 0, 128), {{}, {Unit::kConv}}),
      with_tokens(conv(0, 0, 1024, 16), {{Unit::kLoadWeights, Unit::kLoadActivations}, {Unit::kVector}}),
      with_tokens(rescale(1024, 0, 128), {{Unit::kConv}, {}}),
  });
  CHECK(verify(program).empty());
}

TEST_CASE("a read that no token orders behind the write is a hazard that names both") {
  const Program program = program_of({load_activations(kActivations, 0, 128), rescale(0, 1024, 128)});
  const Finding finding = only_finding(program);
  CHECK(finding.kind == FindingKind::kHazard);
  CHECK(finding.pc == 1);
  CHECK(finding.other_pc == 0);
  CHECK(finding.message.find("VECTOR (unit vector) reads global buffer bytes 0 to 128") != std::string::npos);
  CHECK(finding.message.find("instruction 0, LOADA (unit load_activations), writes") != std::string::npos);
}

TEST_CASE("a write that may overtake a read or a write is a hazard") {
  // Second load may overwrite the operand of the VECTOR.
  check_only(program_of({with_tokens(load_activations(kActivations, 0, 128), {{}, {Unit::kVector}}),
                         with_tokens(rescale(0, 1024, 128), {{Unit::kLoadActivations}, {}}),
                         load_activations(kActivations, 100, 100)}),
             FindingKind::kHazard, 2, "LOADA (unit load_activations) writes global buffer bytes 100 to 128");
  // Result of the VECTOR and a load land in the same place.
  check_only(program_of({with_tokens(load_activations(kActivations, 0, 128), {{}, {Unit::kVector}}),
                         with_tokens(rescale(0, 1024, 128), {{Unit::kLoadActivations}, {}}),
                         load_activations(kActivations, 1100, 10)}),
             FindingKind::kHazard, 2, "writes global buffer bytes 1100 to 1110");
}

TEST_CASE("neighbouring bytes and other memories are no hazard") {
  CHECK(verify(program_of({with_tokens(load_activations(kActivations, 0, 128), {{}, {Unit::kVector}}),
                           load_activations(kActivations, 128, 100), load_weights(kConstants, 0, 128),
                           with_tokens(rescale(0, 1024, 128), {{Unit::kLoadActivations}, {}})}))
            .empty());
}

TEST_CASE("DRAM is checked like the other memories") {
  const auto produce = [](std::vector<Unit> signal) {
    return std::vector<Instruction>{
        with_tokens(load_activations(kActivations, 0, 128), {{}, {Unit::kStore}}),
        with_tokens(store(kOutputs, 0, 128), {{Unit::kLoadActivations}, std::move(signal)})};
  };
  auto code = produce({});
  code.push_back(load_activations(kOutputs, 1024, 128));
  check_only(program_of(code), FindingKind::kHazard, 2,
             "reads DRAM bytes " + std::to_string(kOutputs) + " to " + std::to_string(kOutputs + 128));
  code = produce({Unit::kLoadActivations});
  code.push_back(with_tokens(load_activations(kOutputs, 1024, 128), {{Unit::kStore}, {}}));
  CHECK(verify(program_of(code)).empty());
}

TEST_CASE("a wait for the S-th token is ordered behind the S-th signal only") {
  // Two loads signal; a VECTOR that waits for one token knows nothing about the second load.
  const auto code = [](int tokens) {
    std::vector<Unit> waits(static_cast<std::size_t>(tokens), Unit::kLoadActivations);
    return program_of({with_tokens(load_activations(kActivations, 0, 64), {{}, {Unit::kVector}}),
                       with_tokens(load_activations(kActivations, 64, 64), {{}, {Unit::kVector}}),
                       with_tokens(rescale(0, 1024, 128), {std::move(waits), {}})});
  };
  check_only(code(1), FindingKind::kHazard, 2, "bytes 64 to 128");
  CHECK(verify(code(2)).empty());
}

TEST_CASE("waits without a signal earlier in the program are found") {
  check_only(program_of({with_tokens(sync(Unit::kConv), {{Unit::kVector}, {}})}),
             FindingKind::kUnsignalledWait, 0, "takes token 1 from unit vector");
  // The signal comes, but from a later instruction: the queues could be blocked before it is dispatched.
  check_only(program_of({with_tokens(sync(Unit::kConv), {{Unit::kVector}, {}}),
                         with_tokens(sync(Unit::kVector), {{}, {Unit::kConv}})}),
             FindingKind::kUnsignalledWait, 0, "which has signalled only 0");
  check_only(program_of({with_tokens(sync(Unit::kVector), {{}, {Unit::kConv}}),
                         with_tokens(sync(Unit::kConv), {{Unit::kVector, Unit::kVector}, {}})}),
             FindingKind::kUnsignalledWait, 1, "takes token 2");
  // A unit's own earlier signal is fine, its own instruction's signal is not: it comes at the end.
  CHECK(verify(program_of({with_tokens(sync(Unit::kConv), {{}, {Unit::kConv}}),
                           with_tokens(sync(Unit::kConv), {{Unit::kConv}, {}})}))
            .empty());
  check_only(program_of({with_tokens(sync(Unit::kConv), {{Unit::kConv}, {Unit::kConv}})}),
             FindingKind::kUnsignalledWait, 0, "token 1 from unit conv");
}

TEST_CASE("a semaphore overflows exactly where an interleaving can bring it beyond 255") {
  const auto signals = [](int count) {
    std::vector<Instruction> code;
    for (int i = 0; i < count; ++i) code.push_back(with_tokens(sync(Unit::kConv), {{}, {Unit::kVector}}));
    return code;
  };
  CHECK(verify(program_of(signals(255))).empty());
  check_only(program_of(signals(256)), FindingKind::kSemaphoreOverflow, 255, "tokens for unit vector to 256");
  // Consumed, but the consumer may lag: only a token back to the producer bounds it.
  const auto rounds = [](int window, int count) {
    std::vector<Instruction> code;
    for (int i = 0; i < count; ++i) {
      tests::TokenList give{{}, {Unit::kVector}};
      if (window > 0 && i >= window) give.wait.push_back(Unit::kVector);
      code.push_back(with_tokens(sync(Unit::kConv), give));
      code.push_back(with_tokens(sync(Unit::kVector), {{Unit::kConv}, {Unit::kConv}}));
    }
    return code;
  };
  const auto unbounded = verify(program_of(rounds(0, 300)));
  INFO(listing(unbounded));
  CHECK(unbounded.size() == 2);  // in both directions: nobody takes the tokens of the way back
  CHECK(std::all_of(unbounded.begin(), unbounded.end(),
                    [](const Finding& finding) { return finding.kind == FindingKind::kSemaphoreOverflow; }));
  CHECK(verify(program_of(rounds(200, 1000))).empty());
  CHECK(verify(program_of(rounds(255, 1000))).empty());
  CHECK(verify(program_of(rounds(256, 1000))).size() == 2);
}

TEST_CASE("addresses outside their memory are found") {
  const auto check = [](const Program& program, std::int64_t pc, const std::string& part) {
    check_only(program, FindingKind::kRange, pc, part);
  };
  check(program_of({load_weights(kConstants, 4000, 100)}), 0, "writes weight SRAM bytes 4000 to 4100");
  check(program_of({load_activations(kActivations, 4095, 2)}), 0, "writes global buffer bytes 4095 to 4097");
  check(program_of({load_activations(kDramEnd - 10, 0, 11)}), 0, "reads DRAM");
  check(program_of({load_activations((1 << 20) - 1, 0, 2)}), 0, "0 to 1048576 of this machine");
  check(fed(changed(conv(0, 0, 1024, 16), &Conv::out_address, 4000)), 2, "writes global buffer");
  check(fed(changed(conv(0, 0, 1024, 16), &Conv::acc_address, 961)), 2, "writes accumulator store");
  check(fed(changed(conv(0, 0, 1024, 16), &Conv::weight_address, 4095)), 2, "reads weight SRAM");
  check(fed(changed(rescale(0, 1024, 128), &Vector::a_address, 4000)), 2, "reads global buffer");
}

TEST_CASE("constants and instructions in DRAM are never written, instructions and gaps never read") {
  const auto after_load = [](Instruction instruction) {
    return program_of({with_tokens(load_activations(kActivations, 0, 128), {{}, {Unit::kStore}}),
                       with_tokens(std::move(instruction), {{Unit::kLoadActivations}, {}})});
  };
  check_only(after_load(store(0, 0, 64)), FindingKind::kRange, 1,
             "writes DRAM bytes 0 to 64, expected inside the act");
  check_only(after_load(store(kConstants, 0, 64)), FindingKind::kRange, 1, "expected inside the activations");
  check_only(after_load(store(kActivations - 1, 0, 64)), FindingKind::kRange, 1,
             "expected inside the activations");
  check_only(program_of({load_weights(0, 0, 64)}), FindingKind::kRange, 0, "expected inside the constants");
  check_only(program_of({load_weights(kActivations - 32, 0, 64)}), FindingKind::kRange, 0,
             "inside the constants");
}

TEST_CASE("reads of what nothing has written are found") {
  check_only(program_of({rescale(0, 1024, 128)}), FindingKind::kUninitialised, 0,
             "global buffer bytes 0 to 128");
  check_only(
      program_of({with_tokens(load_activations(kActivations, 0, 128), {{}, {Unit::kConv}}),
                  with_tokens(load_weights(kConstants, 64, 36), {{}, {Unit::kConv}}),
                  with_tokens(conv(0, 0, 1024, 16), {{Unit::kLoadActivations, Unit::kLoadWeights}, {}})}),
      FindingKind::kUninitialised, 2, "weight SRAM bytes 0 to 64");
  // DRAM: the second half of the activations belongs to the output, which nothing has stored yet.
  check_only(program_of({load_activations(kOutputs, 0, 128)}), FindingKind::kUninitialised, 0,
             "DRAM bytes " + std::to_string(kOutputs));
  check_only(fed(changed(conv(0, 0, 1024, 16), &Conv::first, 0)), FindingKind::kUninitialised, 2,
             "accumulator store bytes 0 to 512");
}

TEST_CASE("partial sums that a finished CONV used as scratch are undefined") {
  Program program = fed(changed(conv(0, 0, 1024, 16), &Conv::last, 0));
  const auto add = [&](Instruction instruction) {
    program.instructions.insert(program.instructions.end() - 1, std::move(instruction));
  };
  Program good = program;
  add(conv(0, 0, 2048, 16));
  add(changed(conv(0, 0, 1024, 16), &Conv::first, 0));
  check_only(program, FindingKind::kUninitialised, 4, "left undefined");
  program = good;
  add(changed(conv(0, 0, 2048, 16), &Conv::acc_address, 128));
  add(changed(conv(0, 0, 1024, 16), &Conv::first, 0));
  CHECK(verify(program).empty());
}

TEST_CASE("HALT stands at the end, only there, and without tokens") {
  Program program = small_program();
  check_only(program, FindingKind::kStructure, -1, "no HALT");
  program.instructions = {sync(Unit::kConv)};
  check_only(program, FindingKind::kStructure, 0, "no HALT");
  program.instructions = {halt(), halt()};
  check_only(program, FindingKind::kStructure, 0, "HALT before the end");
  program.instructions = {with_tokens(halt(), {{Unit::kConv}, {}})};
  check_only(program, FindingKind::kStructure, 0, "tokens of HALT");
}

TEST_CASE("instructions that could not be encoded are found, not executed") {
  const auto check = [](Instruction instruction, const std::string& part) {
    check_only(program_of({std::move(instruction)}), FindingKind::kStructure, 0, part);
  };
  check(changed(sync(Unit::kConv), &Sync::unit, 5), "unit: found 5, expected 0 to 4");
  check({Opcode::kConv, {}, Halt{}}, "does not belong to the opcode");
  check({static_cast<Opcode>(9), {}, Halt{}}, "does not belong to the opcode");
  check(changed(conv(0, 0, 1024, 16), &Conv::dataflow, 2), "dataflow: found 2, expected 0 to 1");
  check(changed(conv(0, 0, 1024, 16), &Conv::in_height, 0), "in_height: found 0, expected 1 to 4096");
  check(changed(rescale(0, 1024, 16), &Vector::operation, 5), "operation: found 5, expected 0 to 4");
  check(changed(load_weights(0, 0, 1), &Transfer::count1, std::int64_t{1} << 60), "count1");
  Instruction many = sync(Unit::kConv);
  many.tokens.wait[0] = 16;
  check(many, "wait for slot 0: found 16");
  many = sync(Unit::kConv);
  many.tokens.signal[5] = true;
  check(many, "does not exist");
}

TEST_CASE("CONV fields that make no sense on this machine are found") {
  const auto check = [](std::int64_t Conv::*member, std::int64_t value, const std::string& part) {
    check_only(fed(changed(conv(0, 0, 1024, 16), member, value)), FindingKind::kStructure, 2, part);
  };
  check(&Conv::shift, 49, "shift: found 49, expected 0 to 48");
  check(&Conv::in_zero_point, 128, "in_zero_point: found 128");
  check(&Conv::out_zero_point, -129, "out_zero_point: found -129");
  check(&Conv::weight_zero_point, 200, "weight_zero_point");
  check(&Conv::low, -200, "low: found -200");
  check(&Conv::high, 128, "high: found 128");
  CHECK(verify(fed(changed(conv(0, 0, 1024, 16), &Conv::high, -128))).empty());  // low == high is legal
}

TEST_CASE("CONV flags must agree with the other fields") {
  const Instruction base = conv(0, 0, 1024, 16);
  const auto check = [](const Instruction& instruction, const std::string& part) {
    check_only(fed(instruction), FindingKind::kStructure, 2, part);
  };
  check(changed(base, &Conv::negative_shift, 3), "expected 0 without leaky");
  check(changed(changed(base, &Conv::leaky, 1), &Conv::negative_shift, 50), "negative_shift: found 50");
  check(changed(changed(base, &Conv::depthwise, 1), &Conv::in_channels, 4), "4 input and 8 output channels");
  check(changed(base, &Conv::out_pixel_stride, 7), "pixels that overlap");
  CHECK(verify(fed(changed(changed(base, &Conv::per_channel_multiplier, 1), &Conv::shift, 63))).empty());
}

TEST_CASE("VECTOR fields that make no sense are found") {
  const Instruction base = rescale(0, 1024, 128);
  const auto check = [](const Instruction& instruction, const std::string& part) {
    check_only(fed(instruction), FindingKind::kStructure, 2, part);
  };
  const auto with_operation = [&](VectorOp operation) {
    return changed(base, &Vector::operation, static_cast<std::int64_t>(operation));
  };
  check(changed(base, &Vector::in_height, 2), "2x1 inputs and 1x1 outputs");
  check(changed(base, &Vector::kernel_width, 2), "expected kernel 1");
  check(changed(base, &Vector::use_table, 1), "use_table");
  check(changed(base, &Vector::b_zero_point, 128), "b_zero_point");
  check(changed(with_operation(VectorOp::kMaxPool), &Vector::pad_top, 1), "window that would read nothing");
  check(changed(with_operation(VectorOp::kAveragePool), &Vector::pad_left, 1),
        "window that would read nothing");
  Instruction last_window = with_operation(VectorOp::kMaxPool);
  last_window = changed(changed(last_window, &Vector::out_width, 2), &Vector::stride_width, 1);
  check(last_window, "window that would read nothing");
  CHECK(verify(fed(changed(with_operation(VectorOp::kMaxPool), &Vector::kernel_width, 3))).empty());
  Program wide = fed(with_operation(VectorOp::kTable));
  CHECK(verify(wide).empty());
  wide.format.activation_bits = 16;
  for (auto& tensor : wide.tensors) tensor.channels = 4;
  check_only(wide, FindingKind::kStructure, 2, "table of 256 entries");
}

TEST_CASE("a transfer that writes a byte twice is found") {
  Instruction instruction = load_activations(kActivations, 0, 8);
  instruction = changed(changed(instruction, &Transfer::count1, 4), &Transfer::sram_stride1, 7);
  check_only(program_of({instruction}), FindingKind::kStructure, 0, "sram strides");
  CHECK(verify(program_of({changed(instruction, &Transfer::sram_stride1, 8)})).empty());
  // Planes may be interleaved with runs, as channel groups of one feature map are.
  instruction = changed(changed(instruction, &Transfer::sram_stride1, 16), &Transfer::count2, 2);
  CHECK(verify(program_of({changed(instruction, &Transfer::sram_stride2, 8)})).empty());
  check_only(program_of({changed(instruction, &Transfer::sram_stride2, 4)}), FindingKind::kStructure, 0,
             "sram");
}

TEST_CASE("a symbol table that contradicts the program is found") {
  Program program = program_of({});
  program.input = "nothing";
  check_only(program, FindingKind::kStructure, -1, "no tensor named 'nothing'");
  program = program_of({});
  program.dram.constant_base = 4000;
  check_only(program, FindingKind::kStructure, -1, "multiple of 64");
}

TEST_CASE("findings are in program order and capped") {
  std::vector<Instruction> code;
  for (int i = 0; i < 300; ++i) code.push_back(load_weights(kConstants, 4090, 100));
  const auto findings = verify(program_of(code));
  CHECK(findings.size() == 100);
  CHECK(std::is_sorted(findings.begin(), findings.end(),
                       [](const Finding& a, const Finding& b) { return a.pc < b.pc; }));
}

TEST_CASE("require_verified throws the first finding and is silent about a proved program") {
  CHECK_NOTHROW(require_verified(pipeline_program(4)));
  try {
    require_verified(program_of({load_activations(kActivations, 0, 128), rescale(0, 1024, 128)}));
    FAIL("nothing thrown");
  } catch (const ProgramError& error) {
    CHECK(error.pc() == 1);
    CHECK(std::string(error.what()).find("no tokens order the two") != std::string::npos);
  }
}

}  // namespace
}  // namespace npu::hw
