#include "hw/energy/access_counts.h"
#include "hw/timing/transfer_timing.h"
#include "tests/support.h"

namespace {

using namespace npu;
using namespace npu::tests;
using hw::Component;

hw::ArchConfig machine() { return hw::load_arch(source_folder() / "configs/arch/shift_npu.json"); }

hw::Conv convolution(hw::Dataflow dataflow, std::int64_t size, std::int64_t in, std::int64_t out,
                     std::int64_t kernel) {
  hw::Conv conv;
  conv.dataflow = static_cast<std::int64_t>(dataflow);
  conv.in_height = conv.in_width = conv.out_height = conv.out_width = size;
  conv.pad_top = conv.pad_left = kernel / 2;
  conv.in_channels = in;
  conv.out_channels = out;
  conv.kernel_height = conv.kernel_width = kernel;
  return conv;
}

hw::AccessCounts count(const hw::Conv& conv, const hw::ArchConfig& arch) {
  hw::Instruction instruction;
  instruction.opcode = hw::Opcode::kConv;
  instruction.body = conv;
  return hw::access_counts(instruction, arch);
}

/// Input elements under all windows of an axis, padding left out, found by looking at every tap.
std::int64_t taps_inside(std::int64_t size, std::int64_t kernel) {
  std::int64_t inside = 0;
  for (std::int64_t output = 0; output < size; ++output) {
    for (std::int64_t tap = 0; tap < kernel; ++tap) {
      const std::int64_t input = output - kernel / 2 + tap;
      inside += input >= 0 && input < size ? 1 : 0;
    }
  }
  return inside;
}

}  // namespace

TEST_CASE("weight stationary counts: weights once, inputs per tap and group, sums per pass") {
  const auto arch = machine();
  const auto counts = count(convolution(hw::Dataflow::kWeightStationary, 14, 40, 48, 3), arch);
  const std::int64_t weights = 9 * 40 * 48;
  const std::int64_t parameters = 48 * 4 + 48 / 2;
  const std::int64_t inputs =
      taps_inside(14, 3) * taps_inside(14, 3) * 40 * 3;  // 3 groups of 16 output channels
  const std::int64_t outputs = 14 * 14 * 48;
  const std::int64_t passes = 9 * 3;  // taps x groups of 16 input channels
  CHECK(counts[Component::kWeightSram] == weights + parameters);
  CHECK(counts[Component::kGlobalBuffer] == inputs + outputs);
  CHECK(counts[Component::kAccumulatorStore] == outputs * 4 * 2 * (passes - 1));
  CHECK(counts[Component::kInterPe] == weights + inputs);
  CHECK(counts[Component::kMac] == 14 * 14 * weights);
  CHECK(counts[Component::kRegisterFile] == weights + 14 * 14 * weights);
  CHECK(counts[Component::kCompounding] == outputs);
  CHECK(counts[Component::kDram] == 0);
  CHECK(counts[Component::kVector] == 0);
}

TEST_CASE("output stationary counts: block and halo once per group of filters, weights once per block") {
  const auto arch = machine();
  const auto counts = count(convolution(hw::Dataflow::kOutputStationary, 28, 40, 48, 3), arch);
  // Along an axis: a block of 16 outputs reads 17 real positions (one is padding), the rest of 12 reads 13.
  const std::int64_t inputs = (17 + 13) * (17 + 13) * 40 * 3;
  const std::int64_t weights = 4 * 9 * 40 * 48;
  const std::int64_t outputs = 28 * 28 * 48;
  const std::int64_t macs = 28 * 28 * 9 * 40 * 48;
  const std::int64_t moves = 28 * 28 * 9 * 40 * 3;
  CHECK(counts[Component::kWeightSram] == weights + 4 * (48 * 4 + 48 / 2));
  CHECK(counts[Component::kGlobalBuffer] == inputs + outputs);
  CHECK(counts[Component::kAccumulatorStore] == 0);
  CHECK(counts[Component::kInterPe] == weights + moves);
  CHECK(counts[Component::kRegisterFile] == 2 * macs + moves + outputs);
  CHECK(counts[Component::kMac] == macs);
}

TEST_CASE("skipped zeros cost no MAC, no weight read and no partial sum") {
  auto arch = machine();
  const auto conv = convolution(hw::Dataflow::kOutputStationary, 16, 10, 16, 3);
  const auto full = count(conv, arch);
  arch.pe_array.zero_skipping = hw::ZeroSkipping::kAssumedFraction;
  arch.pe_array.assumed_zero_fraction = 0.4;
  const auto skipped = count(conv, arch);
  CHECK(skipped[Component::kMac] * 10 == full[Component::kMac] * 6);
  const std::int64_t parameters = 16 * 4 + 16 / 2;
  CHECK((skipped[Component::kWeightSram] - parameters) * 10 ==
        (full[Component::kWeightSram] - parameters) * 6);
  CHECK(full[Component::kRegisterFile] - skipped[Component::kRegisterFile] ==
        2 * (full[Component::kMac] - skipped[Component::kMac]));
  CHECK(skipped[Component::kGlobalBuffer] == full[Component::kGlobalBuffer]);
}

TEST_CASE("a split reduction parks every partial sum once and takes it up once") {
  const auto arch = machine();
  for (const auto dataflow : {hw::Dataflow::kWeightStationary, hw::Dataflow::kOutputStationary}) {
    auto whole = convolution(dataflow, 14, 64, 48, 3);
    auto first = convolution(dataflow, 14, 32, 48, 3);
    auto second = first;
    first.last = 0;
    second.first = 0;
    auto split = count(first, arch);
    split += count(second, arch);
    const auto undivided = count(whole, arch);
    const std::int64_t sums = 14 * 14 * 48 * 4;
    if (dataflow == hw::Dataflow::kOutputStationary) {
      CHECK(split[Component::kAccumulatorStore] == 2 * sums);
    } else {  // the store takes part in every pass anyway
      CHECK(split[Component::kAccumulatorStore] == undivided[Component::kAccumulatorStore]);
    }
    CHECK(split[Component::kMac] == undivided[Component::kMac]);
    CHECK(split[Component::kCompounding] == undivided[Component::kCompounding]);
    CHECK(split[Component::kWeightSram] == undivided[Component::kWeightSram]);
  }
}

TEST_CASE("depthwise: every channel for itself in both dataflows") {
  const auto arch = machine();
  auto conv = convolution(hw::Dataflow::kOutputStationary, 16, 64, 64, 3);
  conv.depthwise = 1;
  const auto os = count(conv, arch);
  CHECK(os[Component::kMac] == 16 * 16 * 9 * 64);
  CHECK(os[Component::kGlobalBuffer] == 16 * 16 * 64 + 16 * 16 * 64);
  conv.dataflow = static_cast<std::int64_t>(hw::Dataflow::kWeightStationary);
  const auto ws = count(conv, arch);
  CHECK(ws[Component::kMac] == 16 * 16 * 9 * 64);
  CHECK(ws[Component::kAccumulatorStore] == 16 * 16 * 64 * 4 * 2 * 8);
}

TEST_CASE("transfers count their bus bytes in DRAM and their payload in the SRAM") {
  const auto arch = machine();
  hw::Transfer transfer;
  transfer.dram_address = 8;
  transfer.run_bytes = 24;
  transfer.dram_stride1 = 100;
  transfer.count1 = 10;
  hw::Instruction instruction;
  instruction.body = transfer;
  for (const auto opcode : {hw::Opcode::kLoadWeights, hw::Opcode::kLoadActivations, hw::Opcode::kStore}) {
    instruction.opcode = opcode;
    const auto counts = hw::access_counts(instruction, arch);
    const bool weights = opcode == hw::Opcode::kLoadWeights;
    CHECK(counts[Component::kDram] == hw::bus_bytes(transfer, arch.dram));
    CHECK(counts[weights ? Component::kWeightSram : Component::kGlobalBuffer] == 240);
    CHECK(counts[weights ? Component::kGlobalBuffer : Component::kWeightSram] == 0);
  }
}

TEST_CASE("vector work counts operands, outputs, table entries and operations") {
  const auto arch = machine();
  hw::Vector vector;
  vector.operation = static_cast<std::int64_t>(hw::VectorOp::kTable);
  vector.out_height = vector.in_height = 2;
  vector.out_width = vector.in_width = 3;
  vector.channels = 5;
  hw::Instruction instruction;
  instruction.opcode = hw::Opcode::kVector;
  instruction.body = vector;
  const auto counts = hw::access_counts(instruction, arch);
  CHECK(counts[Component::kGlobalBuffer] == 60);
  CHECK(counts[Component::kWeightSram] == 30);
  CHECK(counts[Component::kVector] == 30);
}

TEST_CASE("SYNC and HALT use nothing") {
  hw::Instruction instruction;
  CHECK(hw::access_counts(instruction, machine()).count == hw::AccessCounts{}.count);
  instruction.opcode = hw::Opcode::kSync;
  instruction.body = hw::Sync{};
  CHECK(hw::access_counts(instruction, machine()).count == hw::AccessCounts{}.count);
}
