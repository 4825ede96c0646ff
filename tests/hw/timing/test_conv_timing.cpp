#include <algorithm>

#include "hw/common/error.h"
#include "hw/timing/conv_phases.h"
#include "hw/timing/conv_timing.h"
#include "tests/hw/timing/array_loop_model.h"
#include "tests/support.h"

namespace {

using namespace npu;
using namespace npu::tests;
using hw::ConvWork;
using hw::Dataflow;

hw::ArchConfig machine() { return hw::load_arch(source_folder() / "configs/arch/shift_npu.json"); }

ConvWork layer(Dataflow dataflow, std::int64_t size, std::int64_t in, std::int64_t out, std::int64_t kernel,
               std::int64_t stride = 1) {
  ConvWork work;
  work.dataflow = dataflow;
  work.out_height = work.out_width = size;
  work.in_channels = in;
  work.out_channels = out;
  work.kernel_height = work.kernel_width = kernel;
  work.stride_height = work.stride_width = stride;
  return work;
}

ConvWork random_work(TestRandom& random, std::int64_t largest) {
  ConvWork work;
  work.dataflow = static_cast<Dataflow>(random.integer(0, 1));
  work.out_height = random.integer(1, largest);
  work.out_width = random.integer(1, largest);
  work.in_channels = random.integer(1, largest);
  work.out_channels = random.integer(1, largest);
  work.kernel_height = random.integer(1, 4);
  work.kernel_width = random.integer(1, 4);
  work.stride_height = random.integer(1, 3);
  work.stride_width = random.integer(1, 3);
  work.depthwise = random.integer(0, 3) == 0;
  if (work.depthwise) work.in_channels = work.out_channels;
  work.first = random.integer(0, 1) != 0;
  work.last = random.integer(0, 1) != 0;
  return work;
}

hw::ArchConfig random_machine(TestRandom& random, int largest_side) {
  auto arch = machine();
  const auto integer = [&](int low, int high) { return static_cast<int>(random.integer(low, high)); };
  arch.pe_array.rows = integer(1, largest_side);
  arch.pe_array.columns = integer(1, largest_side);
  arch.pe_array.register_file_entries = integer(1, 8);
  arch.data.weight_bits = 8 * integer(1, 2);
  arch.data.activation_bits = 8 * integer(1, 2);
  arch.data.accumulator_bits = arch.data.weight_bits + arch.data.activation_bits == 16 ? 32 : 48;
  arch.weight_sram.width_bytes = integer(1, 8);
  arch.global_buffer.width_bytes = integer(1, 16);
  arch.accumulator_store.width_bytes = integer(1, 32);
  arch.compounding.lanes = integer(1, 8);
  return arch;
}

}  // namespace

TEST_CASE("weight stationary by hand: SqueezeNet 1.0 conv1, fire4 expand 3x3 and conv10 on 16x16") {
  const auto arch = machine();
  // 111 x 111 x 7 x 7 x ceil(3 / 16) x ceil(96 / 16) pixels, one preload, one adder chain, four output
  // stages.
  CHECK(hw::conv_cycles(layer(Dataflow::kWeightStationary, 111, 3, 96, 7, 2), arch).total() ==
        3622374 + 16 + 20);
  CHECK(hw::conv_cycles(layer(Dataflow::kWeightStationary, 55, 32, 128, 3), arch).total() == 435600 + 36);
  CHECK(hw::conv_cycles(layer(Dataflow::kWeightStationary, 13, 512, 1000, 1), arch).total() == 340704 + 36);
}

TEST_CASE("weight stationary by hand: a fully connected layer waits for every weight tile") {
  const auto arch = machine();
  const auto cycles = hw::conv_cycles(layer(Dataflow::kWeightStationary, 1, 64, 32, 1), arch);
  // 4 x 2 tiles of one pixel: the first preload is exposed, behind each of the other 7 hides one pixel.
  CHECK(cycles.compute == 8);
  CHECK(cycles.preload == 16 + 7 * 15);
  CHECK(cycles.drain == 16 + 4);
  CHECK(cycles.bandwidth == 0);
}

TEST_CASE("output stationary by hand: one block, two groups of filters") {
  const auto arch = machine();
  const auto cycles = hw::conv_cycles(layer(Dataflow::kOutputStationary, 16, 8, 32, 3), arch);
  // Per group: 8 channels x 9 taps x 16 filters broadcast, 8 x 16 rows loaded; 16 x 16 result rows leave, of
  // which 128 hide behind the loads of the next group and the last group's none.
  CHECK(cycles.compute == 2 * 8 * 9 * 16);
  CHECK(cycles.preload == 2 * 8 * 16);
  CHECK(cycles.drain == (256 - 128) + 256 + 4);
  CHECK(cycles.bandwidth == 0);
}

TEST_CASE("output stationary by hand: stride 2 loads the block once for each of the four phases") {
  const auto arch = machine();
  CHECK(hw::conv_cycles(layer(Dataflow::kOutputStationary, 16, 8, 16, 3, 2), arch).preload == 8 * 16 * 4);
  CHECK(hw::conv_cycles(layer(Dataflow::kOutputStationary, 16, 8, 16, 1, 2), arch).preload == 8 * 16);
}

TEST_CASE("skipped zeros: 40 % of the broadcasts of OS go away, and nothing of WS") {
  auto arch = machine();
  arch.pe_array.zero_skipping = hw::ZeroSkipping::kAssumedFraction;
  arch.pe_array.assumed_zero_fraction = 0.4;
  const auto os = layer(Dataflow::kOutputStationary, 16, 10, 16, 3);
  CHECK(hw::conv_cycles(os, arch).compute == 10 * 9 * 16 * 6 / 10);
  CHECK(hw::effective_macs(os, arch) == os.macs() * 6 / 10);
  const auto ws = layer(Dataflow::kWeightStationary, 16, 10, 16, 3);
  CHECK(hw::effective_macs(ws, arch) == ws.macs());
}

TEST_CASE("depthwise: OS takes one filter at a time, WS keeps one PE busy and is many times slower") {
  const auto arch = machine();
  auto work = layer(Dataflow::kOutputStationary, 16, 64, 64, 3);
  work.depthwise = true;
  const auto os = hw::conv_cycles(work, arch);
  CHECK(os.total() == 64 * (9 + 16) + 16 + 4);  // a channel's 16 result rows hide behind the next one's loads
  work.dataflow = Dataflow::kWeightStationary;
  CHECK(hw::conv_cycles(work, arch).total() == 64 * 9 * 256 + 16 + 20);
}

TEST_CASE("narrow ports: each slows what passes through it") {
  auto arch = machine();
  const auto ws = layer(Dataflow::kWeightStationary, 16, 16, 16, 1);
  const auto full = hw::conv_cycles(ws, arch).total();
  arch.global_buffer.width_bytes = 8;
  CHECK(hw::conv_cycles(ws, arch).total() == full + 256);  // 16 input channels need two accesses
  arch = machine();
  arch.compounding.lanes = 4;
  CHECK(hw::conv_cycles(ws, arch).total() == full + 3 * 256);
  arch = machine();
  arch.accumulator_store.width_bytes = 32;
  CHECK(hw::conv_cycles(ws, arch).total() == full);  // one tile that is first and last parks nothing
  auto split = ws;
  split.last = false;
  CHECK(hw::conv_cycles(split, arch).total() == 16 + 2 * 256 + 16);
  auto os_split = layer(Dataflow::kOutputStationary, 16, 16, 16, 1);
  os_split.last = false;
  CHECK(hw::conv_cycles(os_split, arch).drain == 256);
  CHECK(hw::conv_cycles(os_split, arch).bandwidth == 256);  // parked sums leave at half pace
}

TEST_CASE("a per-cycle loop model agrees exactly, and multiplies every pair exactly once") {
  constexpr std::uint64_t kSeed = 20240611;
  TestRandom random(kSeed);
  for (int round = 0; round < 600; ++round) {
    const auto arch = random_machine(random, 5);
    const auto work = random_work(random, 9);
    const bool ws = work.dataflow == Dataflow::kWeightStationary;
    const auto loops = ws ? weight_stationary_loops(work, arch) : output_stationary_loops(work, arch);
    INFO("seed " << kSeed << " round " << round << " ws " << ws << " depthwise " << work.depthwise);
    REQUIRE(loops.macs == work.macs());
    REQUIRE(loops.busiest_mac == 1);
    REQUIRE(loops.distinct_macs == work.macs());
    REQUIRE(hw::conv_cycles(work, arch).total() == loops.cycles);
  }
}

TEST_CASE("instructions behind each other: results leave while the next one loads, as the loops count it") {
  constexpr std::uint64_t kSeed = 91;
  TestRandom random(kSeed);
  int exposed = 0;
  int hidden = 0;
  for (int round = 0; round < 400; ++round) {
    const auto arch = random_machine(random, 5);
    std::vector<hw::ConvWork> works;
    while (works.size() < 3) {
      auto work = random_work(random, 7);
      work.dataflow = Dataflow::kOutputStationary;
      if (work.depthwise || work.out_height * work.out_width > 1) works.push_back(work);
    }
    const auto loops = output_stationary_sequence(works, arch);
    INFO("seed " << kSeed << " round " << round);
    Cycles free = 0;
    Cycles leaving = 0;
    std::vector<Cycles> left;
    for (const auto& work : works) {
      const auto phases = hw::conv_phases(work, arch);
      REQUIRE(phases.alone() == hw::conv_cycles(work, arch).total());
      Cycles waits = 0;
      if (leaving > 0) {
        const auto handover = hw::hand_over(leaving, phases.head);
        left.push_back(free + handover.left_after);
        waits = handover.exposed;
        ++(waits > 0 ? exposed : hidden);
      }
      free += phases.body + waits;
      leaving = phases.leaving;
      REQUIRE(loops.free[left.size()] == free);
    }
    left.push_back(free + leaving);
    REQUIRE(loops.left == left);
  }
  CHECK(exposed > 50);
  CHECK(hidden > 50);
}

TEST_CASE(
    "only output-stationary results leave behind the next instruction, and not behind one that reads them") {
  const auto arch = machine();
  const auto ws = layer(Dataflow::kWeightStationary, 16, 16, 16, 3);
  CHECK(hw::conv_phases(ws, arch).leaving == 0);
  CHECK(hw::conv_phases(ws, arch).head.channels == 0);
  const auto single_pixel = layer(Dataflow::kOutputStationary, 1, 64, 64, 1);
  CHECK(hw::conv_phases(single_pixel, arch).leaving == 0);
  const auto os = hw::conv_phases(layer(Dataflow::kOutputStationary, 16, 32, 16, 3), arch);
  CHECK(os.leaving == 16 * 16 + 4);
  CHECK(os.head == hw::LoadPattern{32, 16, 32 * 9 * 16});
  CHECK(hw::hand_over(os.leaving, os.head).exposed == 0);
  CHECK(hw::hand_over(os.leaving, os.head).left_after ==
        260 + 16 * 9 * 16);  // 16 channels' loads, then 4 more
  hw::Conv first;
  first.out_address = 1024;
  first.out_height = 4;
  first.out_width = 4;
  first.out_row_stride = 64;
  first.out_pixel_stride = 16;
  hw::Conv second = first;
  second.in_height = 4;
  second.in_width = 4;
  second.in_row_stride = 64;
  second.in_pixel_stride = 16;
  second.in_address = 1024 + 255;
  CHECK(hw::reads_results_of(second, first));
  second.in_address = 1024 + 256;
  CHECK_FALSE(hw::reads_results_of(second, first));
  second.in_address = 1024 - 256;
  CHECK_FALSE(hw::reads_results_of(second, first));
  second.in_address = 1024;
  first.last = 0;  // parked sums lie elsewhere
  CHECK_FALSE(hw::reads_results_of(second, first));
}

TEST_CASE("no machine multiplies more than its PEs can: cycles x PEs >= effective MACs on random shapes") {
  constexpr std::uint64_t kSeed = 7;
  TestRandom random(kSeed);
  for (int round = 0; round < 20000; ++round) {
    auto arch = random_machine(random, 32);
    arch.pe_array.zero_skipping = hw::ZeroSkipping::kAssumedFraction;
    arch.pe_array.assumed_zero_fraction = static_cast<double>(random.integer(0, 99)) / 100.0;
    const auto work = random_work(random, 80);
    const auto cycles = hw::conv_cycles(work, arch);
    const auto macs = hw::effective_macs(work, arch);
    INFO("seed " << kSeed << " round " << round);
    REQUIRE(cycles.total() * arch.pe_array.pe_count() >= macs);
    REQUIRE(std::min({cycles.compute, cycles.preload, cycles.drain, cycles.bandwidth}) >= 0);
    REQUIRE(macs <= work.macs());
    const double share =
        work.dataflow == Dataflow::kOutputStationary ? 1.0 - arch.pe_array.assumed_zero_fraction : 1.0;
    REQUIRE(static_cast<double>(macs) >= share * static_cast<double>(work.macs()) * (1.0 - 1e-9));
  }
}

TEST_CASE("wider ports, more lanes and more skipping never cost cycles") {
  constexpr std::uint64_t kSeed = 8;
  TestRandom random(kSeed);
  for (int round = 0; round < 5000; ++round) {
    const auto arch = random_machine(random, 16);
    const auto work = random_work(random, 40);
    const auto cycles = hw::conv_cycles(work, arch).total();
    auto better = arch;
    switch (random.integer(0, 4)) {
      case 0:
        better.global_buffer.width_bytes *= 2;
        break;
      case 1:
        better.weight_sram.width_bytes *= 2;
        break;
      case 2:
        better.accumulator_store.width_bytes *= 2;
        break;
      case 3:
        better.compounding.lanes *= 2;
        break;
      default:
        better.pe_array.zero_skipping = hw::ZeroSkipping::kAssumedFraction;
        better.pe_array.assumed_zero_fraction = 0.3;
        break;
    }
    INFO("seed " << kSeed << " round " << round);
    REQUIRE(hw::conv_cycles(work, better).total() <= cycles);
  }
}

TEST_CASE("a shape that no convolution has is our own fault and is caught") {
  REQUIRE_THROWS_AS(hw::conv_cycles(layer(Dataflow::kWeightStationary, 0, 3, 3, 1), machine()),
                    InternalError);
}
