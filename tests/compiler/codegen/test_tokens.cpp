// Every token the compiler inserts is needed: without it the verifier finds a hazard or a wait that nobody
// signals.
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

}  // namespace

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
