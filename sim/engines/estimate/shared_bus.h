// The DRAM bus as a fluid: clients that want it at the same time share its bandwidth in proportion to the
// bytes each takes per turn (its burst). That is what first come, first served between bursts amounts to when
// every client asks again as soon as its burst has ended. Exact for a client alone; for several it is off by
// less than a burst of each other client per descriptor. Does not model: single bursts, banks, rows, refresh.
#pragma once

#include <array>
#include <optional>

#include "hw/arch/arch_config.h"
#include "sim/engines/estimate/memory_bus.h"

namespace npu::sim {

class SharedBus : public MemoryBus {
 public:
  explicit SharedBus(const hw::DramConfig& dram) : dram_(dram) {}

  void request(const BusRequest& request) override;
  bool idle() const override { return waiting_ == 0; }
  std::optional<Completion> next(Cycles limit) override;
  Cycles busy_cycles() const override;

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
