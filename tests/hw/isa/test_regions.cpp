#include <set>

#include "hw/isa/regions.h"
#include "tests/hw/isa/isa_support.h"

namespace npu::hw {
namespace {

using tests::TestRandom;

constexpr std::uint64_t kSeed = 1804;

// Every byte of a region, by its definition.
std::set<std::int64_t> bytes_of(const Region& region) {
  std::set<std::int64_t> bytes;
  for (std::int64_t j = 0; j < region.count2; ++j) {
    for (std::int64_t i = 0; i < region.count1; ++i) {
      for (std::int64_t byte = 0; byte < region.run_bytes; ++byte) {
        bytes.insert(region.begin + i * region.stride1 + j * region.stride2 + byte);
      }
    }
  }
  return bytes;
}

const Region* find(const std::vector<Region>& regions, Memory memory, std::int64_t begin_hint = -1) {
  for (const auto& region : regions) {
    if (region.memory == memory && (begin_hint < 0 || region.begin == begin_hint)) return &region;
  }
  return nullptr;
}

Instruction random_conv(TestRandom& random, bool dense) {
  Conv conv;
  conv.in_height = random.integer(1, 9);
  conv.in_width = random.integer(1, 9);
  conv.in_channels = random.integer(1, 4);
  conv.out_height = random.integer(1, 6);
  conv.out_width = random.integer(1, 6);
  conv.out_channels = random.integer(1, 6);
  conv.kernel_height = random.integer(1, 4);
  conv.kernel_width = random.integer(1, 4);
  conv.stride_height = random.integer(1, 5);
  conv.stride_width = random.integer(1, 5);
  conv.pad_top = random.integer(0, 5);
  conv.pad_left = random.integer(0, 5);
  conv.in_address = random.integer(0, 100);
  conv.in_pixel_stride = conv.in_channels + (dense ? 0 : random.integer(0, 3));
  conv.in_row_stride = conv.in_pixel_stride * conv.in_width + (dense ? 0 : random.integer(0, 7));
  conv.out_pixel_stride = conv.out_channels;
  conv.out_row_stride = conv.out_pixel_stride * conv.out_width;
  return {Opcode::kConv, {}, conv};
}

// Bytes that the windows of a CONV reach, straight from the definition of the instruction.
std::set<std::int64_t> reached_bytes(const Conv& conv, std::int64_t* first_row, std::int64_t* last_row) {
  std::set<std::int64_t> bytes;
  *first_row = conv.in_height;
  *last_row = -1;
  for (std::int64_t y = 0; y < conv.out_height; ++y) {
    for (std::int64_t x = 0; x < conv.out_width; ++x) {
      for (std::int64_t dy = 0; dy < conv.kernel_height; ++dy) {
        for (std::int64_t dx = 0; dx < conv.kernel_width; ++dx) {
          const std::int64_t row = y * conv.stride_height - conv.pad_top + dy;
          const std::int64_t column = x * conv.stride_width - conv.pad_left + dx;
          if (row < 0 || row >= conv.in_height || column < 0 || column >= conv.in_width) continue;
          *first_row = std::min(*first_row, row);
          *last_row = std::max(*last_row, row);
          for (std::int64_t channel = 0; channel < conv.in_channels; ++channel) {
            bytes.insert(conv.in_address + row * conv.in_row_stride + column * conv.in_pixel_stride +
                         channel);
          }
        }
      }
    }
  }
  return bytes;
}

TEST_CASE(
    "the input region of a CONV covers every byte its windows reach and no row or column outside their "
    "span") {
  INFO("seed " << kSeed);
  TestRandom random(kSeed);
  const MachineFormat format = tests::small_format();
  for (int round = 0; round < 3000; ++round) {
    const Instruction instruction = random_conv(random, round % 2 == 0);
    const Conv& conv = instruction.conv();
    std::int64_t first_row = 0;
    std::int64_t last_row = 0;
    const auto reached = reached_bytes(conv, &first_row, &last_row);
    const RegionSet set = regions_of(instruction, format);
    const Region* input = find(set.reads, Memory::kGlobalBuffer);
    if (reached.empty()) {
      // A row axis that is reached while the column axis is not reads nothing either.
      REQUIRE(input == nullptr);
      continue;
    }
    REQUIRE(input != nullptr);
    const auto covered = bytes_of(*input);
    REQUIRE(std::includes(covered.begin(), covered.end(), reached.begin(), reached.end()));
    REQUIRE(*covered.begin() == *reached.begin());
    REQUIRE(*covered.rbegin() == *reached.rbegin());
    REQUIRE(input->end() == *covered.rbegin() + 1);
    REQUIRE(input->bytes() == static_cast<std::int64_t>(covered.size()));
  }
}

TEST_CASE("a dense tile is one run, a strided one keeps its strides") {
  const MachineFormat format = tests::small_format();
  Instruction instruction = tests::conv(64, 0, 1024, 16);
  const Region* input = nullptr;
  RegionSet set = regions_of(instruction, format);
  input = find(set.reads, Memory::kGlobalBuffer);
  REQUIRE(input != nullptr);
  CHECK(input->begin == 64);
  CHECK(input->run_bytes == 128);
  CHECK(input->count1 == 1);
  CHECK(input->count2 == 1);
  auto& conv = std::get<Conv>(instruction.body);
  conv.in_pixel_stride = 32;
  set = regions_of(instruction, format);
  input = find(set.reads, Memory::kGlobalBuffer);
  REQUIRE(input != nullptr);
  CHECK(input->run_bytes == 8);
  CHECK(input->stride1 == 32);
  CHECK(input->count1 == 16);
  CHECK(input->count2 == 1);
}

TEST_CASE("weights, parameters, accumulators and outputs of a CONV follow its flags") {
  const MachineFormat format = tests::small_format();
  Instruction instruction = tests::conv(0, 100, 1024, 16);
  auto& conv = std::get<Conv>(instruction.body);
  conv.acc_address = 10;

  RegionSet set = regions_of(instruction, format);
  REQUIRE(find(set.reads, Memory::kWeightSram, 100) != nullptr);
  CHECK(find(set.reads, Memory::kWeightSram, 100)->bytes() == 64);
  REQUIRE(find(set.reads, Memory::kWeightSram, 164) != nullptr);
  CHECK(find(set.reads, Memory::kWeightSram, 164)->bytes() == 8 * 4 + 4);
  CHECK(find(set.reads, Memory::kAccumulators) == nullptr);
  REQUIRE(find(set.writes, Memory::kAccumulators) != nullptr);  // scratch of min(8 channels, 4 columns)
  CHECK(find(set.writes, Memory::kAccumulators)->begin == 40);
  CHECK(find(set.writes, Memory::kAccumulators)->bytes() == 16 * 4 * 4);
  REQUIRE(find(set.writes, Memory::kGlobalBuffer) != nullptr);
  CHECK(find(set.writes, Memory::kGlobalBuffer)->bytes() == 128);

  conv.last = 0;
  set = regions_of(instruction, format);
  CHECK(find(set.reads, Memory::kWeightSram, 164) == nullptr);
  CHECK(find(set.writes, Memory::kGlobalBuffer) == nullptr);
  REQUIRE(find(set.writes, Memory::kAccumulators) != nullptr);
  CHECK(find(set.writes, Memory::kAccumulators)->bytes() == 16 * 8 * 4);

  conv.first = 0;
  set = regions_of(instruction, format);
  REQUIRE(find(set.reads, Memory::kAccumulators) != nullptr);
  CHECK(find(set.reads, Memory::kAccumulators)->bytes() == 16 * 8 * 4);

  conv.last = 1;
  set = regions_of(instruction, format);
  CHECK(find(set.reads, Memory::kAccumulators) != nullptr);
  CHECK(find(set.writes, Memory::kAccumulators) == nullptr);

  conv.first = 1;
  conv.dataflow = static_cast<std::int64_t>(Dataflow::kOutputStationary);
  CHECK(find(regions_of(instruction, format).writes, Memory::kAccumulators) == nullptr);
  conv.dataflow = 0;
  conv.depthwise = 1;
  set = regions_of(instruction, format);
  CHECK(find(set.writes, Memory::kAccumulators) == nullptr);
  CHECK(find(set.reads, Memory::kWeightSram, 100)->bytes() == 8);
}

TEST_CASE("block sizes follow the widths of the machine") {
  MachineFormat format = tests::small_format();
  Conv conv;
  conv.in_channels = 5;
  conv.out_channels = 7;
  conv.kernel_height = 3;
  conv.kernel_width = 2;
  CHECK(weight_block_bytes(conv, format) == 210);
  CHECK(parameter_block_bytes(7, format, false) == 7 * 4 + 4);
  CHECK(parameter_block_bytes(7, format, true) == 7 * 4 + 7 * 4 + 7);
  format.shift_bits = 5;
  CHECK(parameter_block_bytes(7, format, false) == 7 * 4 + 7);
  format.weight_bits = 16;
  format.accumulator_bits = 48;
  CHECK(weight_block_bytes(conv, format) == 420);
  CHECK(parameter_block_bytes(7, format, false) == 7 * 6 + 7);
  conv.depthwise = 1;
  conv.in_channels = 7;
  CHECK(weight_block_bytes(conv, format) == 84);
}

TEST_CASE("activations of two bytes double the runs") {
  MachineFormat format = tests::small_format();
  format.activation_bits = 16;
  const RegionSet set = regions_of(tests::rescale(0, 512, 64), format);
  CHECK(set.reads.at(0).run_bytes == 128);
  CHECK(set.writes.at(0).run_bytes == 128);
}

TEST_CASE("VECTOR reads the operands and tables of its operation") {
  const MachineFormat format = tests::small_format();
  Instruction instruction = tests::rescale(0, 512, 64);
  auto& vector = std::get<Vector>(instruction.body);
  vector.table_address = 300;
  vector.b_address = 128;
  CHECK(regions_of(instruction, format).reads.size() == 1);

  vector.operation = static_cast<std::int64_t>(VectorOp::kAdd);
  REQUIRE(regions_of(instruction, format).reads.size() == 2);
  CHECK(regions_of(instruction, format).reads[1].begin == 128);

  vector.operation = static_cast<std::int64_t>(VectorOp::kTable);
  const RegionSet table = regions_of(instruction, format);
  REQUIRE(table.reads.size() == 2);
  CHECK(table.reads[1].memory == Memory::kWeightSram);
  CHECK(table.reads[1].begin == 300);
  CHECK(table.reads[1].bytes() == 256);

  vector.operation = static_cast<std::int64_t>(VectorOp::kAveragePool);
  vector.in_height = 3;
  vector.in_width = 3;
  vector.kernel_height = 3;
  vector.kernel_width = 3;
  vector.a_row_stride = 192;
  CHECK(regions_of(instruction, format).reads.size() == 1);
  CHECK(regions_of(instruction, format).reads[0].bytes() == 9 * 64);
  vector.use_table = 1;
  REQUIRE(regions_of(instruction, format).reads.size() == 2);
  CHECK(regions_of(instruction, format).reads[1].bytes() == 10 * 4);

  vector.operation = static_cast<std::int64_t>(VectorOp::kMaxPool);
  CHECK(regions_of(instruction, format).reads.size() == 1);
}

TEST_CASE("transfers touch DRAM on one side and the SRAM of their channel on the other") {
  const MachineFormat format = tests::small_format();
  RegionSet set = regions_of(tests::load_weights(4096, 8, 100), format);
  CHECK(set.reads.at(0).memory == Memory::kDram);
  CHECK(set.writes.at(0).memory == Memory::kWeightSram);
  set = regions_of(tests::load_activations(4096, 8, 100), format);
  CHECK(set.writes.at(0).memory == Memory::kGlobalBuffer);
  Instruction strided = tests::store(4096, 8, 10);
  auto& transfer = std::get<Transfer>(strided.body);
  transfer.count1 = 3;
  transfer.count2 = 2;
  transfer.dram_stride1 = 20;
  transfer.dram_stride2 = 100;
  transfer.sram_stride1 = 10;
  transfer.sram_stride2 = 30;
  set = regions_of(strided, format);
  CHECK(set.reads.at(0).memory == Memory::kGlobalBuffer);
  CHECK(set.reads.at(0).run_bytes == 60);
  CHECK(set.writes.at(0).memory == Memory::kDram);
  CHECK(set.writes.at(0).begin == 4096);
  CHECK(set.writes.at(0).end() == 4096 + 100 + 40 + 10);
  CHECK(set.writes.at(0).bytes() == 60);
}

TEST_CASE("merging axes keeps the bytes of a transfer") {
  INFO("seed " << kSeed);
  TestRandom random(kSeed + 1);
  const MachineFormat format = tests::small_format();
  for (int round = 0; round < 2000; ++round) {
    Instruction instruction = tests::store(random.integer(0, 50), 0, random.integer(1, 6));
    auto& transfer = std::get<Transfer>(instruction.body);
    transfer.count1 = random.integer(1, 4);
    transfer.count2 = random.integer(1, 4);
    transfer.dram_stride1 = transfer.run_bytes + random.integer(0, 2);
    transfer.dram_stride2 = transfer.dram_stride1 * transfer.count1 + random.integer(0, 2);
    const Region plain{Memory::kDram,   transfer.dram_address, transfer.run_bytes, transfer.dram_stride1,
                       transfer.count1, transfer.dram_stride2, transfer.count2};
    const Region merged = regions_of(instruction, format).writes.at(0);
    REQUIRE(bytes_of(merged) == bytes_of(plain));
    REQUIRE(merged.bytes() == plain.bytes());
    REQUIRE(merged.end() == plain.end());
  }
}

TEST_CASE("overlap asks for the same memory and intersecting intervals") {
  const Region a{Memory::kDram, 0, 10, 0, 1, 0, 1};
  const Region next{Memory::kDram, 10, 10, 0, 1, 0, 1};
  const Region inside{Memory::kDram, 9, 1, 0, 1, 0, 1};
  const Region elsewhere{Memory::kGlobalBuffer, 0, 10, 0, 1, 0, 1};
  CHECK(may_overlap(a, inside));
  CHECK(may_overlap(inside, a));
  CHECK_FALSE(may_overlap(a, next));
  CHECK_FALSE(may_overlap(a, elsewhere));
}

TEST_CASE("SYNC and HALT touch nothing") {
  const MachineFormat format = tests::small_format();
  for (const auto& instruction : {tests::sync(Unit::kConv), tests::halt()}) {
    CHECK(regions_of(instruction, format).reads.empty());
    CHECK(regions_of(instruction, format).writes.empty());
  }
}

}  // namespace
}  // namespace npu::hw
