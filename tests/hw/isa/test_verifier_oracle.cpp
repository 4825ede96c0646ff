// The verifier against an oracle that knows nothing of clocks: an untimed machine in which one instruction
// never ends. Whatever still starts is not ordered behind that instruction.
#include <deque>
#include <set>
#include <utility>

#include "hw/isa/regions.h"
#include "hw/isa/verifier.h"
#include "tests/hw/isa/isa_support.h"

namespace npu::hw {
namespace {

using tests::TestRandom;

constexpr std::uint64_t kSeed = 55;
constexpr std::int64_t kSlots = 4;
constexpr std::int64_t kSlotBytes = 64;

// How far the instruction that never ends gets. A convolution that has read its operands tells the load units
// so, and the next one may start behind it, but get no further.
enum class Stall { kAtStart, kOperandsRead };

// Instructions that start although `stalled` never ends.
std::set<std::int64_t> started_without(const Program& program, std::int64_t stalled, Stall stall) {
  std::array<std::deque<std::int64_t>, kUnits> queues;
  for (std::int64_t pc = 0; pc + 1 < std::ssize(program.instructions); ++pc) {
    queues[static_cast<std::size_t>(unit_of(program.instructions[static_cast<std::size_t>(pc)]))].push_back(
        pc);
  }
  std::array<std::array<int, kUnits>, kUnits> semaphore{};  // [producer][consumer]
  std::array<bool, kUnits> stuck{};
  std::set<std::int64_t> started;
  const auto start_next = [&](std::size_t unit) {
    const std::int64_t pc = queues[unit].front();
    const Tokens& tokens = program.instructions[static_cast<std::size_t>(pc)].tokens;
    for (std::size_t producer = 0; producer < kUnits; ++producer) {
      if (semaphore[producer][unit] < tokens.wait[producer]) return false;
    }
    for (std::size_t producer = 0; producer < kUnits; ++producer) {
      semaphore[producer][unit] -= tokens.wait[producer];
    }
    started.insert(pc);
    queues[unit].pop_front();
    const bool reads_operands = pc == stalled && stall == Stall::kOperandsRead;
    const bool behind_stalled =
        started.count(stalled) != 0 && pc > stalled &&
        unit == static_cast<std::size_t>(unit_of(program.instructions[static_cast<std::size_t>(stalled)]));
    stuck[unit] = (pc == stalled && !reads_operands) || behind_stalled;
    if (stuck[unit]) return true;
    for (std::size_t consumer = 0; consumer < kUnits; ++consumer) {
      const bool early = consumer <= static_cast<std::size_t>(Unit::kLoadActivations);
      if (!reads_operands || early) semaphore[unit][consumer] += tokens.signal[consumer] ? 1 : 0;
    }
    return true;
  };
  bool progress = true;
  while (progress) {
    progress = false;
    for (std::size_t unit = 0; unit < kUnits; ++unit) {
      if (!queues[unit].empty() && !stuck[unit]) progress = start_next(unit) || progress;
    }
  }
  return started;
}

bool touch(const std::vector<Region>& left, const std::vector<Region>& right) {
  for (const auto& x : left) {
    for (const auto& y : right) {
      if (may_overlap(x, y)) return true;
    }
  }
  return false;
}

bool conflict_of_results(const RegionSet& earlier, const RegionSet& later) {
  return touch(earlier.writes, later.writes) || touch(earlier.writes, later.reads);
}

bool conflict(const RegionSet& earlier, const RegionSet& later) {
  return conflict_of_results(earlier, later) || touch(earlier.reads, later.writes);
}

// Every pair (earlier, later) of conflicting instructions that can run at the same time or in the wrong
// order.
std::set<std::pair<std::int64_t, std::int64_t>> races_of(const Program& program) {
  std::set<std::pair<std::int64_t, std::int64_t>> races;
  const std::int64_t count = std::ssize(program.instructions) - 1;
  std::vector<RegionSet> regions;
  for (const auto& instruction : program.instructions)
    regions.push_back(regions_of(instruction, program.format));
  const auto add = [&](std::int64_t earlier, Stall stall, const auto& conflicting) {
    const auto& first = program.instructions[static_cast<std::size_t>(earlier)];
    for (const std::int64_t later : started_without(program, earlier, stall)) {
      if (later <= earlier) continue;
      if (unit_of(program.instructions[static_cast<std::size_t>(later)]) == unit_of(first)) continue;
      if (conflicting(regions[static_cast<std::size_t>(earlier)], regions[static_cast<std::size_t>(later)])) {
        races.emplace(earlier, later);
      }
    }
  };
  for (std::int64_t earlier = 0; earlier < count; ++earlier) {
    add(earlier, Stall::kAtStart, conflict);
    if (program.instructions[static_cast<std::size_t>(earlier)].opcode == Opcode::kConv) {
      add(earlier, Stall::kOperandsRead, conflict_of_results);
    }
  }
  return races;
}

Instruction random_access(TestRandom& random) {
  const std::int64_t buffer = random.integer(0, kSlots - 1) * kSlotBytes;
  const std::int64_t other = random.integer(0, kSlots - 1) * kSlotBytes + random.integer(-8, 8);
  const std::int64_t dram = tests::kActivations + random.integer(0, kSlots - 1) * kSlotBytes;
  const std::int64_t bytes = random.integer(1, kSlotBytes);
  switch (random.integer(0, 3)) {
    case 0:
      return tests::load_activations(dram, buffer, bytes);
    case 1:
      return tests::store(dram, buffer, bytes);
    case 2:
      return tests::rescale(buffer, std::max<std::int64_t>(0, other), bytes);
    default:
      return tests::conv(buffer, 0, std::max<std::int64_t>(0, other), 1 + bytes / 8);
  }
}

// Random accesses; signals at random, waits only for tokens that earlier instructions have given.
Program random_program(TestRandom& random) {
  Program program = tests::small_program();
  std::array<std::array<int, kUnits>, kUnits> available{};
  const std::int64_t count = random.integer(2, 14);
  const std::int64_t tokens = random.integer(1, 4);
  for (std::int64_t pc = 0; pc < count; ++pc) {
    Instruction instruction = random_access(random);
    const auto unit = static_cast<std::size_t>(unit_of(instruction));
    for (std::size_t other = 0; other < kUnits; ++other) {
      const int waits = static_cast<int>(random.integer(0, std::min(2, available[other][unit])));
      instruction.tokens.wait[other] = static_cast<std::uint8_t>(waits);
      available[other][unit] -= waits;
    }
    for (std::size_t other = 0; other < kUnits; ++other) {
      instruction.tokens.signal[other] = random.integer(0, 4) < tokens;
      available[unit][other] += instruction.tokens.signal[other] ? 1 : 0;
    }
    program.instructions.push_back(instruction);
  }
  program.instructions.push_back(tests::halt());
  return program;
}

TEST_CASE("hazards are found exactly where some latencies let two conflicting instructions race") {
  INFO("seed " << kSeed);
  TestRandom random(kSeed);
  int racy = 0;
  int safe = 0;
  for (int round = 0; round < 4000; ++round) {
    const Program program = random_program(random);
    const auto races = races_of(program);
    bool found = false;
    for (const auto& finding : verify(program)) {
      if (finding.kind == FindingKind::kUninitialised) continue;
      INFO(finding.message);
      REQUIRE(finding.kind == FindingKind::kHazard);
      REQUIRE(races.count({finding.other_pc, finding.pc}) == 1);
      found = true;
    }
    REQUIRE(found == !races.empty());
    ++(found ? racy : safe);
  }
  CHECK(racy > 500);
  CHECK(safe > 500);
}

TEST_CASE("legal words of any content are judged without overflow or crash") {
  INFO("seed " << kSeed);
  TestRandom random(kSeed + 2);
  for (int round = 0; round < 300; ++round) {
    Program program = tests::small_program();
    for (int i = 0; i < 20; ++i) {
      const auto opcode = static_cast<Opcode>(random.integer(0, kOpcodes - 1));
      program.instructions.push_back(tests::random_instruction(opcode, random));
    }
    for (const auto& finding : verify(program)) {
      REQUIRE(finding.pc < 20);
      REQUIRE(finding.other_pc < finding.pc);
      REQUIRE_FALSE(finding.message.empty());
    }
  }
}

TEST_CASE("fifty thousand instructions are verified in time that grows with their number") {
  // Not a benchmark: a quadratic verifier would need minutes and run into the test's time limit.
  constexpr int kInstructions = 50000;
  constexpr std::int64_t kActivationBytes = 1 << 20;
  Program program = tests::small_program();
  program.dram = {0, 1 << 22, (1 << 22) + 1024, (1 << 22) + 1024 + kActivationBytes};
  program.format.dram_bytes = 1 << 24;
  program.tensors.resize(1);
  TensorSymbol& everything = program.tensors.front();
  everything.dram_address = program.dram.activation_base;
  everything.height = kActivationBytes / 512;
  program.output = program.input;
  program.instructions.push_back(
      tests::with_tokens(tests::load_activations(program.dram.activation_base, 0, 4096),
                         {{}, {Unit::kStore, Unit::kLoadActivations}}));
  TestRandom random(kSeed + 1);
  for (int pc = 1; pc < kInstructions; ++pc) {  // strictly alternating tokens order everything
    const std::int64_t dram = program.dram.activation_base + random.integer(0, kActivationBytes - 128);
    const std::int64_t slot = random.integer(0, 31) * 128;
    const bool is_store = pc % 2 == 1;
    const auto access = is_store ? tests::store : tests::load_activations;
    const Unit other = is_store ? Unit::kLoadActivations : Unit::kStore;
    program.instructions.push_back(tests::with_tokens(access(dram, slot, 1 + pc % 100), {{other}, {other}}));
  }
  program.instructions.push_back(tests::halt());
  const auto findings = verify(program);
  CHECK(findings.empty());
  for (int pc = kInstructions - 500; pc < kInstructions; ++pc) {
    program.instructions[static_cast<std::size_t>(pc)].tokens.wait.fill(0);
  }
  const auto broken = verify(program);
  CHECK_FALSE(broken.empty());
}

}  // namespace
}  // namespace npu::hw
