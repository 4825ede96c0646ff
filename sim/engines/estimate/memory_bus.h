// What the recurrence asks of the DRAM: descriptors go in, and come out when their last byte has moved.
#pragma once

#include <limits>
#include <memory>
#include <optional>

#include "hw/arch/arch_config.h"
#include "hw/isa/instruction.h"
#include "hw/timing/transfer_runs.h"

namespace npu::sim {

/// From cycle `start` on, `client` (free until now) has a descriptor: it waits for the DRAM's latency, then
/// takes the bus in turns of at most `burst_bytes`.
struct BusRequest {
  int client = 0;
  Cycles start = 0;
  Bytes bus_bytes = 0;  ///< whole aligned accesses of `runs`
  Bytes burst_bytes = 0;
  hw::Runs runs;  ///< looked at only where the DRAM has rows
};

class MemoryBus {
 public:
  static constexpr int kFetchClient =
      hw::kUnits;  ///< instruction fetch; DMA channels use their unit's number
  static constexpr int kClients = hw::kUnits + 1;

  struct Completion {
    int client = 0;
    Cycles cycle = 0;  ///< the clock edge at which the client goes on
  };
  static constexpr Cycles kNoLimit = std::numeric_limits<Cycles>::max();

  MemoryBus() = default;
  MemoryBus(const MemoryBus&) = delete;
  MemoryBus& operator=(const MemoryBus&) = delete;
  virtual ~MemoryBus() = default;

  virtual void request(const BusRequest& request) = 0;
  virtual bool idle() const = 0;
  /// The next descriptor to end, if it does by cycle `limit`; NPU_CHECKs that there is one. Later requests
  /// must not start before it, or before `limit` if none ended.
  virtual std::optional<Completion> next(Cycles limit) = 0;
  virtual Cycles busy_cycles() const = 0;  ///< rounded up
};

/// The bus of a first-order DRAM (shared_bus.h), or burst by burst where it has banks (banked_bus.h).
std::unique_ptr<MemoryBus> make_memory_bus(const hw::DramConfig& dram);

}  // namespace npu::sim
