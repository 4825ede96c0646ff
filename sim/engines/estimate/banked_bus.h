// A DRAM with rows and banks, burst by burst: the same model (hw/timing/dram_banks.h) and the same order,
// first come first served, as in the SystemC machine. Bursts that ask at the same moment are taken in the
// order of the clients.
#pragma once

#include <array>
#include <vector>

#include "hw/timing/dram_banks.h"
#include "sim/engines/estimate/memory_bus.h"

namespace npu::sim {

class BankedBus : public MemoryBus {
 public:
  explicit BankedBus(const hw::DramConfig& dram) : dram_(dram), banks_(dram) {}

  void request(const BusRequest& request) override;
  bool idle() const override { return waiting_ == 0; }
  std::optional<Completion> next(Cycles limit) override;
  Cycles busy_cycles() const override;

 private:
  struct Client {
    bool present = false;
    std::int64_t time = 0;  ///< tick at which it asks for the next burst, or its last byte has moved
    Bytes burst_bytes = 0;
    hw::RunCursor rest{hw::Runs{}};
  };

  void serve_burst(Client& client);

  hw::DramConfig dram_;
  hw::DramBanks banks_;
  std::array<Client, kClients> clients_;
  std::vector<hw::Piece1d> pieces_;
  int waiting_ = 0;
};

}  // namespace npu::sim
