#include <vector>

#include "hw/timing/transfer_runs.h"
#include "hw/timing/transfer_timing.h"
#include "tests/support.h"

namespace {

using namespace npu;
using namespace npu::tests;

hw::DramConfig dram() {
  hw::DramConfig config;
  config.latency_cycles = 100;
  config.bytes_per_cycle = 16;
  config.access_bytes = 16;
  config.capacity_bytes = 1 << 20;
  return config;
}

hw::Transfer transfer(std::int64_t address, std::int64_t run, std::int64_t stride1, std::int64_t count1,
                      std::int64_t stride2 = 0, std::int64_t count2 = 1) {
  hw::Transfer result;
  result.dram_address = address;
  result.run_bytes = run;
  result.dram_stride1 = stride1;
  result.count1 = count1;
  result.dram_stride2 = stride2;
  result.count2 = count2;
  return result;
}

/// Oracle: list every byte in order, join neighbours, and count the aligned accesses of each joined run.
Bytes bus_bytes_by_listing(const hw::Transfer& t, Bytes access) {
  std::vector<std::int64_t> addresses;
  for (std::int64_t j = 0; j < t.count2; ++j) {
    for (std::int64_t i = 0; i < t.count1; ++i) {
      for (std::int64_t byte = 0; byte < t.run_bytes; ++byte) {
        addresses.push_back(t.dram_address + i * t.dram_stride1 + j * t.dram_stride2 + byte);
      }
    }
  }
  Bytes bytes = 0;
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    const bool continues = i > 0 && addresses[i] == addresses[i - 1] + 1;
    if (!continues || addresses[i] % access == 0) bytes += access;
  }
  return bytes;
}

}  // namespace

TEST_CASE("one aligned run occupies its bytes, an unaligned one every access it touches") {
  CHECK(hw::bus_bytes(transfer(0, 256, 0, 1), dram()) == 256);
  CHECK(hw::bus_bytes(transfer(8, 256, 0, 1), dram()) == 272);
  CHECK(hw::bus_bytes(transfer(15, 2, 0, 1), dram()) == 32);
  CHECK(hw::bus_bytes(transfer(0, 1, 0, 1), dram()) == 16);
}

TEST_CASE("runs that continue each other count as one, runs with gaps pay for each") {
  CHECK(hw::bus_bytes(transfer(0, 8, 8, 4), dram()) == 32);
  CHECK(hw::bus_bytes(transfer(0, 8, 16, 4), dram()) == 64);
  CHECK(hw::bus_bytes(transfer(0, 8, 8, 4, 32, 3), dram()) == 96);   // planes continue each other too
  CHECK(hw::bus_bytes(transfer(0, 8, 8, 4, 48, 3), dram()) == 96);   // three merged runs of 32
  CHECK(hw::bus_bytes(transfer(4, 8, 8, 4, 48, 3), dram()) == 144);  // each straddles one access more
}

TEST_CASE("bus bytes agree with a listing of every byte on random descriptors") {
  constexpr std::uint64_t kSeed = 99;
  TestRandom random(kSeed);
  for (int round = 0; round < 3000; ++round) {
    auto config = dram();
    config.access_bytes = std::int64_t{1} << random.integer(0, 6);
    const std::int64_t run = random.integer(1, 40);
    const std::int64_t stride1 = run + (random.integer(0, 1) != 0 ? 0 : random.integer(1, 50));
    const std::int64_t count1 = random.integer(1, 20);
    // Planes either continue each other exactly or leave a gap.
    const std::int64_t stride2 =
        random.integer(0, 1) != 0 ? stride1 * count1 : stride1 * count1 + random.integer(1, 60);
    const auto t = transfer(random.integer(0, 100), run, stride1, count1, stride2, random.integer(1, 5));
    INFO("seed " << kSeed << " round " << round);
    REQUIRE(hw::bus_bytes(t, config) == bus_bytes_by_listing(t, config.access_bytes));
    REQUIRE(hw::bus_bytes(t, config) >= t.run_bytes * t.count1 * t.count2);
  }
}

TEST_CASE("a transfer alone on the bus takes the latency and its bytes over the bandwidth, rounded up") {
  auto config = dram();
  CHECK(hw::transfer_cycles(transfer(0, 4096, 0, 1), config) == 100 + 256);
  config.bytes_per_cycle = 3;
  CHECK(hw::transfer_cycles(transfer(0, 16, 0, 1), config) == 100 + 6);
  config.latency_cycles = 0;
  config.bytes_per_cycle = 64;
  CHECK(hw::transfer_cycles(transfer(0, 16, 0, 1), config) == 1);
}

TEST_CASE("a descriptor of a million short runs is counted without walking over them") {
  const auto t = transfer(3, 5, 21, 1 << 20, std::int64_t{21} << 20, 1 << 10);
  // 21 is odd: all 16 alignments occur equally often. A run of 5 bytes at offset o touches one access, or two
  // if o > 11.
  const std::int64_t runs = std::int64_t{1} << 30;
  CHECK(hw::bus_bytes(t, dram()) == runs * 16 + runs / 16 * 4 * 16);
}
