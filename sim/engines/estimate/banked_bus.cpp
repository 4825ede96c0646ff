#include "sim/engines/estimate/banked_bus.h"

#include <algorithm>

#include "hw/common/error.h"
#include "sim/engines/estimate/shared_bus.h"

namespace npu::sim {

void BankedBus::request(const BusRequest& request) {
  Client& client = clients_[static_cast<std::size_t>(request.client)];
  NPU_CHECK(!client.present, "a bus client has one descriptor at a time");
  client.present = true;
  client.time = (request.start + dram_.latency_cycles) * hw::kBusTicksPerCycle;
  client.burst_bytes = request.burst_bytes;
  client.rest = hw::RunCursor(request.runs);
  ++waiting_;
}

void BankedBus::serve_burst(Client& client) {
  pieces_.clear();
  client.rest.take_accesses(client.burst_bytes, dram_.access_bytes, pieces_);
  client.time = banks_.serve(client.time, pieces_);
}

std::optional<MemoryBus::Completion> BankedBus::next(Cycles limit) {
  NPU_CHECK(waiting_ > 0, "a bus without clients completes nothing");
  for (;;) {
    int first = -1;
    for (int index = 0; index < kClients; ++index) {
      const Client& client = clients_[static_cast<std::size_t>(index)];
      if (!client.present) continue;
      if (first < 0 || client.time < clients_[static_cast<std::size_t>(first)].time) first = index;
    }
    Client& client = clients_[static_cast<std::size_t>(first)];
    if (limit != kNoLimit && client.time > limit * hw::kBusTicksPerCycle) return std::nullopt;
    if (!client.rest.done()) {
      serve_burst(client);
      continue;
    }
    client.present = false;
    --waiting_;
    return Completion{first, ceil_div(client.time, hw::kBusTicksPerCycle)};
  }
}

Cycles BankedBus::busy_cycles() const { return ceil_div(banks_.busy_ticks(), hw::kBusTicksPerCycle); }

std::unique_ptr<MemoryBus> make_memory_bus(const hw::DramConfig& dram) {
  if (dram.banked()) return std::make_unique<BankedBus>(dram);
  return std::make_unique<SharedBus>(dram);
}

}  // namespace npu::sim
