#include "sim/engines/estimate/shared_bus.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "hw/common/error.h"

namespace npu::sim {
namespace {

/// SystemC counts thousandths of a cycle; what is below is rounding of doubles.
constexpr double kSmallestTime = 1e-4;
constexpr double kNever = std::numeric_limits<double>::infinity();

}  // namespace

void SharedBus::request(const BusRequest& request) {
  Client& entry = clients_[static_cast<std::size_t>(request.client)];
  NPU_CHECK(!entry.present, "a bus client has one descriptor at a time");
  const double cycles = static_cast<double>(request.bus_bytes) / dram_.bytes_per_cycle;
  entry = {true, static_cast<double>(request.start + dram_.latency_cycles), cycles,
           static_cast<double>(std::min(request.bus_bytes, request.burst_bytes))};
  busy_ += cycles;
  ++waiting_;
}

std::optional<SharedBus::Completion> SharedBus::next(Cycles limit) {
  NPU_CHECK(waiting_ > 0, "a bus without clients completes nothing");
  const double latest = limit == kNoLimit ? kNever : static_cast<double>(limit);
  for (;;) {
    double shares = 0;
    double next_entry = kNever;
    for (const Client& client : clients_) {
      if (!client.present) continue;
      if (client.enters <= now_) {
        shares += client.share;
      } else {
        next_entry = std::min(next_entry, client.enters);
      }
    }
    int first = -1;
    double first_end = kNever;
    for (int index = 0; index < kClients; ++index) {
      const Client& client = clients_[static_cast<std::size_t>(index)];
      if (!client.present || client.enters > now_) continue;
      const double end = now_ + client.rest * shares / client.share;
      if (end < first_end) {
        first = index;
        first_end = end;
      }
    }
    const double until = std::min({first_end, next_entry, latest});
    for (Client& client : clients_) {
      if (client.present && client.enters <= now_) {
        client.rest = std::max(0.0, client.rest - (until - now_) * client.share / shares);
      }
    }
    now_ = until;
    if (latest < std::min(first_end, next_entry)) return std::nullopt;
    if (first < 0 || next_entry < first_end) continue;
    clients_[static_cast<std::size_t>(first)].present = false;
    --waiting_;
    return Completion{first, static_cast<Cycles>(std::ceil(first_end - kSmallestTime))};
  }
}

Cycles SharedBus::busy_cycles() const { return static_cast<Cycles>(std::ceil(busy_ - kSmallestTime)); }

}  // namespace npu::sim
