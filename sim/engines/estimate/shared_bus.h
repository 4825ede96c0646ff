// The DRAM bus as a fluid: clients that want it at the same time share its bandwidth in proportion to the
// bytes each takes per turn (its burst). That is what first come, first served between bursts amounts to when
// every client asks again as soon as its burst has ended. Exact for a client alone; for several it is off by
// less than a burst of each other client per descriptor. Does not model: single bursts, banks, rows, refresh.
#pragma once

#include <array>
#include <limits>
#include <optional>

#include "hw/arch/arch_config.h"
#include "hw/isa/instruction.h"

namespace npu::sim {

class SharedBus {
 public:
  static constexpr int kFetchClient =
      hw::kUnits;  ///< instruction fetch; DMA channels use their unit's number
  static constexpr int kClients = hw::kUnits + 1;

  explicit SharedBus(const hw::DramConfig& dram) : dram_(dram) {}

  /// From cycle `start` on, `client` (free until now) has a descriptor of `bus_bytes`: it waits for the
  /// DRAM's latency, then takes the bus in turns of at most `burst_bytes`.
  void request(int client, Cycles start, Bytes bus_bytes, Bytes burst_bytes);

  bool idle() const { return waiting_ == 0; }

  struct Completion {
    int client = 0;
    Cycles cycle = 0;  ///< the clock edge at which the client goes on
  };
  static constexpr Cycles kNoLimit = std::numeric_limits<Cycles>::max();
  /// The next descriptor to end, if it does by cycle `limit`; NPU_CHECKs that there is one. Later requests
  /// must not start before it, or before `limit` if none ended.
  std::optional<Completion> next(Cycles limit = kNoLimit);

  Cycles busy_cycles() const;  ///< rounded up

 private:
  struct Client {
    bool present = false;
    double enters = 0;  ///< when its latency is over
    double rest = 0;    ///< cycles of the whole bus that it still needs
    double share = 0;
  };

  hw::DramConfig dram_;
  std::array<Client, kClients> clients_;
  int waiting_ = 0;
  double now_ = 0;
  double busy_ = 0;
};

}  // namespace npu::sim
