// External memory: latency plus effective bandwidth, one bus for all channels; rows, banks and refresh where
// the machine has them (hw/timing/dram_banks.h). Models: a latency once per descriptor (not occupying the
// bus), bus occupancy per burst in whole aligned accesses, first-come first-served arbitration between
// bursts. Does not model: read/write turnaround.
#pragma once

#include <tlm_utils/multi_passthrough_target_socket.h>

#include <cstdint>
#include <optional>
#include <span>
#include <systemc>
#include <vector>

#include "hw/arch/arch_config.h"
#include "hw/modules/wave.h"
#include "hw/timing/dram_banks.h"

namespace npu::hw {

class Dram : public sc_core::sc_module {
 public:
  // sockets
  tlm_utils::multi_passthrough_target_socket<Dram> port;  ///< DMA channels and instruction fetch

  /// `image`: the content at reset; its size is what can be addressed.
  Dram(const sc_core::sc_module_name& name, const DramConfig& config, std::vector<std::uint8_t> image);

  // counters
  Bytes read_bytes() const { return read_bytes_; }    ///< over the bus
  Bytes write_bytes() const { return write_bytes_; }  ///< over the bus
  Cycles busy_cycles() const;                         ///< of the bus, rounded up

  std::span<const std::uint8_t> content() const { return content_; }

  void add_waves(WaveFile& file) const;

 private:
  unsigned debug_transport(int initiator, tlm::tlm_generic_payload& payload);
  void transport(int initiator, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  void occupy_bus(Bytes bytes);
  void occupy_banks(tlm::tlm_generic_payload& payload);

  // parameters
  DramConfig config_;
  // state
  std::vector<std::uint8_t> content_;
  std::optional<DramBanks> banks_;
  std::vector<Piece1d> pieces_;  ///< of the burst at hand, where there are banks
  std::int64_t bus_free_at_ticks_ = 0;
  std::int64_t bus_clients_ = 0;  ///< that have the bus or wait for it
  double tick_remainder_ = 0;     ///< of the bus time handed out so far, in ticks
  // counters
  Bytes read_bytes_ = 0;
  Bytes write_bytes_ = 0;
  std::int64_t busy_ticks_ = 0;
};

}  // namespace npu::hw
