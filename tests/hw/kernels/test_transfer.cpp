// LOAD and STORE move exactly the bytes their strides name, and instructions outside the memories are
// refused.
#include <algorithm>

#include "hw/common/error.h"
#include "tests/hw/kernels/kernel_case.h"

namespace npu::tests {
namespace {

constexpr std::int64_t kDramBytes = 8000;
constexpr std::int64_t kSramBytes = 8000;

Memories random_memories(TestRandom& random) {
  Memories memories;
  memories.dram.resize(kDramBytes);
  memories.weight_sram.resize(kSramBytes);
  memories.global_buffer.resize(kSramBytes);
  memories.accumulators.resize(16);
  for (auto* memory : {&memories.dram, &memories.weight_sram, &memories.global_buffer}) {
    for (auto& byte : *memory) byte = static_cast<std::uint8_t>(random.integer(0, 255));
  }
  return memories;
}

hw::Transfer random_transfer(TestRandom& random) {
  hw::Transfer transfer;
  transfer.run_bytes = random.integer(1, 150);
  transfer.count1 = random.integer(1, 6);
  transfer.count2 = random.integer(1, 6);
  const auto gap = [&] { return random.integer(0, 1) != 0 ? random.integer(0, 20) : 0; };
  transfer.dram_stride1 = transfer.run_bytes + gap();
  transfer.dram_stride2 = transfer.count1 * transfer.dram_stride1 + gap();
  transfer.sram_stride1 = transfer.run_bytes + gap();
  transfer.sram_stride2 = transfer.count1 * transfer.sram_stride1 + gap();
  transfer.dram_address = random.integer(0, 500);
  transfer.sram_address = random.integer(0, 500);
  return transfer;
}

// Byte by byte from the definition.
Memories moved(const Memories& before, hw::Opcode opcode, const hw::Transfer& transfer) {
  Memories after = before;
  auto& sram = opcode == hw::Opcode::kLoadWeights ? after.weight_sram : after.global_buffer;
  for (std::int64_t plane = 0; plane < transfer.count2; ++plane) {
    for (std::int64_t run = 0; run < transfer.count1; ++run) {
      for (std::int64_t byte = 0; byte < transfer.run_bytes; ++byte) {
        auto& in_dram = after.dram.at(static_cast<std::size_t>(
            transfer.dram_address + plane * transfer.dram_stride2 + run * transfer.dram_stride1 + byte));
        auto& in_sram = sram.at(static_cast<std::size_t>(
            transfer.sram_address + plane * transfer.sram_stride2 + run * transfer.sram_stride1 + byte));
        if (opcode == hw::Opcode::kStore) {
          in_dram = in_sram;
        } else {
          in_sram = in_dram;
        }
      }
    }
  }
  return after;
}

}  // namespace

TEST_CASE("Strided transfers move exactly the bytes their descriptors name") {
  hw::Kernels kernels(hw::MachineFormat{}, hw::KernelPath::kScalar);
  hw::PendingResult result;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    TestRandom random(seed);
    for (const auto opcode : {hw::Opcode::kLoadWeights, hw::Opcode::kLoadActivations, hw::Opcode::kStore}) {
      INFO("seed " << seed << ", opcode " << static_cast<int>(opcode));
      const Memories before = random_memories(random);
      const hw::Transfer transfer = random_transfer(random);
      const hw::Instruction instruction{opcode, {}, transfer};
      const Memories expected = moved(before, opcode, transfer);
      Memories timed = before;
      kernels.compute(instruction, 0, timed.view(), result);
      REQUIRE(timed == before);
      kernels.commit(instruction, result, timed.view());
      REQUIRE(timed == expected);
      REQUIRE(result.saturated == 0);
      Memories untimed = before;
      REQUIRE(kernels.execute(instruction, 0, untimed.view()) == 0);
      REQUIRE(untimed == expected);
    }
  }
}

TEST_CASE(
    "A pending transfer holds the bytes of its start, whatever happens to the source before the commit") {
  hw::Kernels kernels(hw::MachineFormat{}, hw::KernelPath::kScalar);
  TestRandom random(3);
  Memories memories = random_memories(random);
  const hw::Transfer transfer = random_transfer(random);
  const Memories expected = moved(memories, hw::Opcode::kLoadActivations, transfer);
  hw::PendingResult result;
  const hw::Instruction load{hw::Opcode::kLoadActivations, {}, transfer};
  kernels.compute(load, 0, memories.view(), result);
  std::fill(memories.dram.begin(), memories.dram.end(), std::uint8_t{0});
  kernels.commit(load, result, memories.view());
  CHECK(memories.global_buffer == expected.global_buffer);
}

TEST_CASE("SYNC and HALT change nothing") {
  hw::Kernels kernels(hw::MachineFormat{}, hw::KernelPath::kScalar);
  TestRandom random(4);
  Memories memories = random_memories(random);
  const Memories before = memories;
  hw::PendingResult result;
  for (const hw::Instruction& instruction : {hw::Instruction{hw::Opcode::kSync, {}, hw::Sync{}},
                                             hw::Instruction{hw::Opcode::kHalt, {}, hw::Halt{}}}) {
    kernels.compute(instruction, 0, memories.view(), result);
    kernels.commit(instruction, result, memories.view());
    CHECK(result.bytes.empty());
    CHECK(kernels.execute(instruction, 0, memories.view()) == 0);
    CHECK(memories == before);
  }
}

TEST_CASE("An instruction that reaches beyond a memory is refused, also after it ran inside a larger one") {
  hw::Kernels kernels(hw::MachineFormat{}, hw::KernelPath::kScalar);
  TestRandom random(5);
  hw::PendingResult result;
  Memories memories = random_memories(random);
  hw::Transfer transfer;
  transfer.run_bytes = 100;
  transfer.sram_address = kSramBytes - 100;
  const hw::Instruction load{hw::Opcode::kLoadWeights, {}, transfer};
  CHECK_NOTHROW(kernels.execute(load, 7, memories.view()));
  memories.weight_sram.pop_back();
  CHECK_THROWS_AS(kernels.execute(load, 7, memories.view()), InternalError);
  CHECK_THROWS_AS(kernels.compute(load, 7, memories.view(), result), InternalError);
}

TEST_CASE("A channel whose total shift exceeds 63 is a fault of the program") {
  for (const auto path : supported_paths()) {
    TestRandom random(6);
    ConvChoice choice;
    choice.shift_bits = 5;
    KernelCase test_case = random_conv(random, choice);
    hw::Conv conv = test_case.instruction.conv();
    conv.shift = 63;
    test_case.instruction.body = conv;
    hw::Kernels kernels(test_case.format, path);
    CHECK_THROWS_AS(kernels.execute(test_case.instruction, 0, test_case.before.view()), ProgramError);
  }
}

TEST_CASE("The best path is one that this processor supports, and unsupported ones are refused by name") {
  CHECK(hw::supports_kernel_path(hw::best_kernel_path()));
  for (const auto path : {hw::KernelPath::kScalar, hw::KernelPath::kAvx2, hw::KernelPath::kAvx512Vnni}) {
    if (hw::supports_kernel_path(path)) {
      CHECK_NOTHROW(hw::Kernels(hw::MachineFormat{}, path));
    } else {
      CHECK_THROWS_AS(hw::Kernels(hw::MachineFormat{}, path), InputError);
    }
  }
}

}  // namespace npu::tests
