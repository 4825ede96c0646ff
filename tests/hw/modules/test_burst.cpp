#include <cstring>
#include <numeric>

#include "hw/modules/burst.h"
#include "hw/timing/transfer_timing.h"
#include "tests/support.h"

namespace {

using namespace npu;
using namespace npu::tests;

hw::Transfer random_transfer(TestRandom& random) {
  hw::Transfer transfer;
  transfer.dram_address = random.integer(0, 100);
  transfer.run_bytes = random.integer(1, 300);
  transfer.dram_stride1 = transfer.run_bytes + (random.integer(0, 1) != 0 ? 0 : random.integer(1, 40));
  transfer.count1 = random.integer(1, 12);
  transfer.dram_stride2 =
      transfer.dram_stride1 * transfer.count1 + (random.integer(0, 1) != 0 ? 0 : random.integer(1, 90));
  transfer.count2 = random.integer(1, 4);
  return transfer;
}

}  // namespace

TEST_CASE(
    "bursts of a descriptor cover its bytes in order, keep to the request size and add up to its bus bytes") {
  constexpr std::uint64_t kSeed = 17;
  TestRandom random(kSeed);
  for (int round = 0; round < 2000; ++round) {
    const auto transfer = random_transfer(random);
    hw::DramConfig dram;
    dram.access_bytes = std::int64_t{1} << random.integer(0, 6);
    const Bytes request = random.integer(1, 512);
    hw::RunCursor cursor(hw::dram_runs(transfer));
    std::vector<std::int64_t> addresses;
    Bytes bus = 0;
    while (!cursor.done()) {
      std::vector<hw::Piece1d> pieces;
      cursor.take_accesses(request, dram.access_bytes, pieces);
      Bytes burst_bus = 0;
      for (const auto& piece : pieces) {
        burst_bus += hw::aligned_bytes(piece.address, piece.bytes, dram.access_bytes);
        for (Bytes byte = 0; byte < piece.bytes; ++byte) addresses.push_back(piece.address + byte);
      }
      INFO("seed " << kSeed << " round " << round);
      REQUIRE(!pieces.empty());
      REQUIRE(burst_bus <= std::max(request, dram.access_bytes));
      bus += burst_bus;
    }
    std::vector<std::int64_t> expected;
    for (std::int64_t j = 0; j < transfer.count2; ++j) {
      for (std::int64_t i = 0; i < transfer.count1; ++i) {
        for (Bytes byte = 0; byte < transfer.run_bytes; ++byte) {
          expected.push_back(transfer.dram_address + i * transfer.dram_stride1 + j * transfer.dram_stride2 +
                             byte);
        }
      }
    }
    REQUIRE(addresses == expected);
    REQUIRE(bus == hw::bus_bytes(transfer, dram));
  }
}

TEST_CASE("a scattered payload reads and writes its pieces, and nothing if one of them leaves the memory") {
  std::vector<std::uint8_t> memory(64);
  std::iota(memory.begin(), memory.end(), std::uint8_t{0});
  std::vector<std::uint8_t> data(5);
  hw::BurstExtension burst;
  burst.pieces = {{10, 2}, {62, 2}, {0, 1}};
  tlm::tlm_generic_payload payload;
  payload.set_command(tlm::TLM_READ_COMMAND);
  payload.set_data_ptr(data.data());
  payload.set_data_length(5);
  payload.set_extension(&burst);
  REQUIRE(hw::access_memory(payload, memory));
  CHECK(data == std::vector<std::uint8_t>{10, 11, 62, 63, 0});
  data = {1, 2, 3, 4, 5};
  payload.set_write();
  burst.pieces[1].address = 63;
  const auto before = memory;
  CHECK_FALSE(hw::access_memory(payload, memory));
  CHECK(memory == before);
  burst.pieces[1].address = 30;
  REQUIRE(hw::access_memory(payload, memory));
  CHECK(memory[10] == 1);
  CHECK(memory[31] == 4);
  CHECK(memory[0] == 5);
  payload.clear_extension(&burst);
}
