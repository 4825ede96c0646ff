// An on-chip memory: the weight SRAM and the global buffer are two of these.
// Models: content, poisoned at reset, so that reading what was never written shows; bytes moved by DMA. The
// time of its ports is part of the instruction that uses them (hw/timing). Does not model: banks and their
// conflicts.
#pragma once

#include <tlm_utils/multi_passthrough_target_socket.h>

#include <cstdint>
#include <systemc>
#include <vector>

#include "hw/common/units.h"

namespace npu::hw {

/// Every byte of an SRAM at reset.
inline constexpr std::uint8_t kPoison = 0xA5;

class Sram : public sc_core::sc_module {
 public:
  // sockets
  tlm_utils::multi_passthrough_target_socket<Sram> port;  ///< DMA by b_transport, compute units by DMI

  Sram(const sc_core::sc_module_name& name, Bytes capacity_bytes);

  // counters: traffic of the DMA; the compute units' is in their access counts
  Bytes read_bytes() const { return read_bytes_; }
  Bytes write_bytes() const { return write_bytes_; }

 private:
  void transport(int initiator, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  bool direct_memory(int initiator, tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi);

  // state
  std::vector<std::uint8_t> content_;
  // counters
  Bytes read_bytes_ = 0;
  Bytes write_bytes_ = 0;
};

}  // namespace npu::hw
