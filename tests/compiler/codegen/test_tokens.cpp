// Every token the compiler inserts is needed: without it the verifier finds a hazard or a wait that nobody
// signals.
#include <algorithm>

#include "compiler/codegen/compile.h"
#include "hw/isa/verifier.h"
#include "tests/random_network.h"

namespace npu {
namespace {

// With an even seed, feature maps stay on chip and adds and pools are fused.
hw::Program small_program(std::uint64_t seed) {
  auto arch = hw::load_arch(tests::source_folder() / "configs/arch/shift_npu.json");
  arch.global_buffer.capacity_bytes = 24 * 1024;
  arch.weight_sram.capacity_bytes = 8 * 1024;
  arch.execution.keeps_maps_on_chip = seed % 2 == 0;
  arch.execution.fuses_vector_layers = seed % 2 == 0;
  return compiler::compile(tests::all_operators_network(seed, {3, 45, 37}), arch);
}

// Small layers whose weights all fit into the SRAM: nothing but tokens keeps their loads from running ahead.
hw::Program program_of_many_layers() {
  auto arch = hw::load_arch(tests::source_folder() / "configs/arch/shift_npu.json");
  arch.weight_sram.capacity_bytes = Bytes{1} << 20;
  tests::NetworkMaker net(1, {8, 3, 3});
  auto last = net.input();
  for (int layer = 0; layer < 400; ++layer) last = net.conv(last, {8, 1, 1, 1, 0, 0, 0, 0, 1, false});
  return compiler::compile(net.finish(last), arch);
}

}  // namespace

TEST_CASE("Weight loads of hundreds of layers wait before they overflow the semaphore of the array") {
  const auto program = program_of_many_layers();
  CHECK(hw::verify(program).empty());
  auto broken = program;  // nothing bounds how far its weight loads run ahead
  int loads = 0;
  for (auto& instruction : broken.instructions) {
    if (instruction.opcode != hw::Opcode::kLoadWeights) continue;
    instruction.tokens.wait = {};
    ++loads;
  }
  CHECK(loads > hw::kMaxTokens);
  const auto findings = hw::verify(broken);
  CHECK(std::any_of(findings.begin(), findings.end(), [](const hw::Finding& finding) {
    return finding.kind == hw::FindingKind::kSemaphoreOverflow;
  }));
}

TEST_CASE("Each wait removed from a compiled program is detected") {
  const auto program = small_program(GENERATE(3, 6));
  int removed = 0;
  for (std::size_t pc = 0; pc < program.instructions.size(); ++pc) {
    for (int producer = 0; producer < hw::kUnits; ++producer) {
      if (program.instructions[pc].tokens.wait[producer] == 0) continue;
      auto broken = program;
      broken.instructions[pc].tokens.wait[producer] -= 1;
      ++removed;
      INFO("pc " << pc << ", producer " << hw::unit_name(static_cast<hw::Unit>(producer)));
      CHECK_FALSE(hw::verify(broken).empty());
    }
  }
  CHECK(removed > 30);
}

TEST_CASE("Each signal removed from a compiled program is detected") {
  const auto program = small_program(GENERATE(3, 4));
  int removed = 0;
  for (std::size_t pc = 0; pc < program.instructions.size(); ++pc) {
    for (int consumer = 0; consumer < hw::kUnits; ++consumer) {
      if (!program.instructions[pc].tokens.signal[consumer]) continue;
      auto broken = program;
      broken.instructions[pc].tokens.signal[consumer] = false;
      ++removed;
      INFO("pc " << pc << ", consumer " << hw::unit_name(static_cast<hw::Unit>(consumer)));
      CHECK_FALSE(hw::verify(broken).empty());
    }
  }
  CHECK(removed > 30);
}

TEST_CASE("Waits and signals of a compiled program balance for every pair of units") {
  const auto program = small_program(GENERATE(5, 8));
  for (int producer = 0; producer < hw::kUnits; ++producer) {
    for (int consumer = 0; consumer < hw::kUnits; ++consumer) {
      int signals = 0;
      int waits = 0;
      for (const auto& instruction : program.instructions) {
        if (instruction.opcode == hw::Opcode::kHalt) continue;
        const auto unit = static_cast<int>(hw::unit_of(instruction));
        if (unit == producer && instruction.tokens.signal[consumer]) ++signals;
        if (unit == consumer) waits += instruction.tokens.wait[producer];
      }
      CHECK(signals == waits);
    }
  }
}

}  // namespace npu
