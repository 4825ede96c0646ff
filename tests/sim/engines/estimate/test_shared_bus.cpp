// The fluid bus against closed forms, and against a plain simulation that hands out bursts in turn.
#include <deque>

#include "sim/engines/estimate/banked_bus.h"
#include "sim/engines/estimate/shared_bus.h"
#include "tests/support.h"

namespace npu {
namespace {

hw::DramConfig dram(Cycles latency, double bytes_per_cycle) {
  hw::DramConfig config;
  config.latency_cycles = latency;
  config.bytes_per_cycle = bytes_per_cycle;
  return config;
}

// First come, first served between bursts: when each client's bytes are through, all of them asking at once.
std::vector<double> serve_bursts(const std::vector<Bytes>& bytes, Bytes burst, double bytes_per_cycle) {
  std::vector<Bytes> rest = bytes;
  std::vector<double> end(bytes.size(), 0);
  std::deque<std::size_t> waiting;
  for (std::size_t client = 0; client < bytes.size(); ++client) waiting.push_back(client);
  double now = 0;
  while (!waiting.empty()) {
    const std::size_t client = waiting.front();
    waiting.pop_front();
    const Bytes now_bytes = std::min(rest[client], burst);
    now += static_cast<double>(now_bytes) / bytes_per_cycle;
    rest[client] -= now_bytes;
    end[client] = now;
    if (rest[client] > 0) waiting.push_back(client);
  }
  return end;
}

}  // namespace

TEST_CASE("A descriptor alone takes the latency and its bytes over the bandwidth") {
  sim::SharedBus bus(dram(100, 16));
  bus.request({0, 7, 1000, 256, {}});
  const auto done = bus.next(sim::SharedBus::kNoLimit).value();
  CHECK(done.client == 0);
  CHECK(done.cycle == 7 + 100 + 63);  // 62.5 cycles end within the 63rd
  CHECK(bus.busy_cycles() == 63);
  CHECK(bus.idle());
}

TEST_CASE("Two equal descriptors at once both end when the bus has carried the sum") {
  sim::SharedBus bus(dram(0, 16));
  bus.request({0, 0, 1600, 256, {}});
  bus.request({1, 0, 1600, 256, {}});
  CHECK(bus.next(sim::SharedBus::kNoLimit)->cycle == 200);
  CHECK(bus.next(sim::SharedBus::kNoLimit)->cycle == 200);
}

TEST_CASE("A descriptor that comes later slows the first only while both are there") {
  sim::SharedBus bus(dram(0, 1));
  bus.request({0, 0, 1000, 100, {}});
  bus.request({1, 500, 100, 100, {}});
  const auto first = bus.next(sim::SharedBus::kNoLimit).value();
  CHECK(first.client == 1);
  CHECK(first.cycle == 700);
  CHECK(bus.next(sim::SharedBus::kNoLimit)->cycle == 1100);
}

TEST_CASE(
    "Up to a limit the bus works on and says that nothing has ended, and the rest takes the time that is "
    "left") {
  sim::SharedBus bus(dram(0, 1));
  bus.request({0, 0, 1000, 100, {}});
  CHECK_FALSE(bus.next(400));
  bus.request({1, 400, 100, 100, {}});
  CHECK_FALSE(bus.next(599));
  CHECK(bus.next(600)->client == 1);
  CHECK(bus.next(sim::SharedBus::kNoLimit)->cycle == 1100);
}

TEST_CASE("Ends differ from those of bursts served in turn by less than one burst of every other client") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    INFO("seed " << seed);
    tests::TestRandom random(seed);
    const auto clients = static_cast<std::size_t>(random.integer(2, 4));
    const Bytes burst = 16 * random.integer(1, 32);
    const auto bandwidth = static_cast<double>(random.integer(1, 64));
    std::vector<Bytes> bytes;
    for (std::size_t client = 0; client < clients; ++client) bytes.push_back(16 * random.integer(1, 2000));
    const auto expected = serve_bursts(bytes, burst, bandwidth);
    sim::SharedBus bus(dram(0, bandwidth));
    for (std::size_t client = 0; client < clients; ++client) {
      bus.request({static_cast<int>(client), 0, bytes[client], burst, {}});
    }
    const double slack = static_cast<double>(burst) * static_cast<double>(clients) / bandwidth + 1;
    Cycles last = 0;
    while (!bus.idle()) {
      const auto done = bus.next(sim::SharedBus::kNoLimit).value();
      CHECK(static_cast<double>(done.cycle) ==
            Approx(expected[static_cast<std::size_t>(done.client)]).margin(slack));
      CHECK(done.cycle >= last);
      last = done.cycle;
    }
    CHECK(static_cast<double>(last) == Approx(*std::max_element(expected.begin(), expected.end())).margin(1));
  }
}

TEST_CASE("With rows that cost nothing a banked bus ends a descriptor when the first-order one does") {
  auto banked = dram(100, 16);
  banked.banking = {1, 64, 0, 0, 1e9, 0, 1.0};
  sim::BankedBus bus(banked);
  bus.request({0, 7, 1008, 256, hw::Runs{0, 1008, 0, 1, 0, 1}});
  const auto done = bus.next(sim::MemoryBus::kNoLimit).value();
  CHECK(done.client == 0);
  CHECK(done.cycle == 7 + 100 + 63);
  CHECK(bus.busy_cycles() == 63);
  CHECK(bus.idle());
}

TEST_CASE("Two streams of a banked bus take turns by bursts, and rows open behind the other's bytes") {
  auto banked = dram(0, 16);
  banked.banking = {4, 4096, 20, 15, 1e9, 0, 1.0};
  sim::BankedBus bus(banked);
  bus.request({0, 0, 512, 256, hw::Runs{0, 512, 0, 1, 0, 1}});
  bus.request({1, 0, 512, 256, hw::Runs{4096, 512, 0, 1, 0, 1}});
  // 20 cycles to open both rows at once, then four bursts of 16 cycles.
  CHECK_FALSE(bus.next(60));
  CHECK(bus.next(sim::MemoryBus::kNoLimit)->cycle == 20 + 48);
  CHECK(bus.next(sim::MemoryBus::kNoLimit)->cycle == 20 + 64);
  CHECK(bus.idle());
}

}  // namespace npu
