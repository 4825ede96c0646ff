// When bursts end on a DRAM with rows, banks and refresh, against times worked out by hand.
#include <cstdlib>
#include <vector>

#include "hw/timing/dram_banks.h"
#include "tests/support.h"

namespace npu::hw {
namespace {

constexpr std::int64_t kCycle = kBusTicksPerCycle;

// 1 GHz, 16 bytes a cycle; 4 banks with rows of 1024 bytes, 20 ns to open, 15 ns to close, refresh far away.
DramConfig small_dram() {
  DramConfig dram;
  dram.bytes_per_cycle = 16;
  dram.access_bytes = 16;
  dram.banking = {4, 1024, 20, 15, 1e6, 200, 1.0};
  return dram;
}

std::int64_t serve(DramBanks& banks, std::int64_t cycle, std::int64_t address, Bytes bytes) {
  const std::vector<Piece1d> pieces{{address, bytes}};
  return banks.serve(cycle * kCycle, pieces);
}

}  // namespace

TEST_CASE("A row is opened once and hit as long as its bank has no other") {
  DramBanks banks(small_dram());
  CHECK(serve(banks, 0, 0, 256) == (20 + 16) * kCycle);                  // opens row 0 of bank 0
  CHECK(serve(banks, 36, 256, 256) == (36 + 16) * kCycle);               // the same row
  CHECK(serve(banks, 52, 1024, 256) == (52 + 20 + 16) * kCycle);         // bank 1, closed
  CHECK(serve(banks, 88, 512, 256) == (88 + 16) * kCycle);               // bank 0 still has its row
  CHECK(serve(banks, 104, 4096, 256) == (104 + 15 + 20 + 16) * kCycle);  // row 1 of bank 0
  CHECK(banks.row_misses() == 3);
  CHECK(banks.row_hits() == 2);
  CHECK(banks.busy_ticks() == 5 * 16 * kCycle);
}

TEST_CASE("A row opens behind the bytes of bursts before it, so that a busy bus hides it") {
  DramBanks banks(small_dram());
  CHECK(serve(banks, 0, 0, 1024) == (20 + 64) * kCycle);
  CHECK(serve(banks, 10, 1024, 256) == (84 + 16) * kCycle);  // opened by cycle 30, the bus is free at 84
}

TEST_CASE("A burst over two rows opens both at once") {
  DramBanks banks(small_dram());
  CHECK(serve(banks, 0, 768, 512) == (20 + 32) * kCycle);
  CHECK(banks.row_misses() == 2);
}

TEST_CASE("A refresh waits for the bytes that move, takes its time and closes all rows") {
  auto dram = small_dram();
  dram.banking.refresh_interval_ns = 1000;
  DramBanks banks(dram);
  CHECK(serve(banks, 970, 0, 256) == (990 + 16) * kCycle);  // over the refresh's time
  CHECK(serve(banks, 1006, 256, 256) == (1006 + 200 + 20 + 16) * kCycle);
  CHECK(banks.refreshes() == 1);
}

TEST_CASE("Idle refreshes pass unseen, except that the row must be opened again") {
  auto dram = small_dram();
  dram.banking.refresh_interval_ns = 1000;
  DramBanks banks(dram);
  CHECK(serve(banks, 0, 0, 256) == 36 * kCycle);
  CHECK(serve(banks, 5500, 0, 256) == (5500 + 20 + 16) * kCycle);
  CHECK(banks.refreshes() == 5);
}

TEST_CASE("Whole aligned accesses occupy the bus, fractions of a cycle add up") {
  auto dram = small_dram();
  dram.bytes_per_cycle = 48;
  DramBanks banks(dram);
  std::int64_t end = 0;
  for (int burst = 0; burst < 6; ++burst) end = serve(banks, end / kCycle, 8 + 64 * burst, 8);
  // 8 bytes from address 8 are one access of 16: two cycles in all, to a tick.
  CHECK(std::abs(banks.busy_ticks() - 6 * 16 * kCycle / 48) <= 1);
}

TEST_CASE("With rows that cost nothing and no refresh a banked DRAM is the first-order one") {
  auto dram = small_dram();
  dram.banking = {1, 64, 0, 0, 1e9, 0, 1.0};
  tests::TestRandom random(3);
  DramBanks banks(dram);
  std::int64_t free = 0;
  std::int64_t now = 0;
  for (int burst = 0; burst < 200; ++burst) {
    now += random.integer(0, 30);
    const Bytes bytes = 16 * random.integer(1, 64);
    const std::int64_t end = serve(banks, now, 16 * random.integer(0, 1 << 16), bytes);
    free = std::max(free, now * kCycle) + bytes * kCycle / 16;
    if (end != free) FAIL("burst " << burst << " ends at " << end << ", expected " << free);
  }
}

}  // namespace npu::hw
