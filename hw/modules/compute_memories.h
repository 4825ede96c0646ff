// The on-chip memories as a compute unit sees them: direct pointers, obtained once through TLM-2.0 DMI.
#pragma once

#include <tlm>

#include "hw/common/error.h"
#include "hw/kernels/memory_view.h"

namespace npu::hw {

/// All bytes behind an initiator socket; NPU_CHECK that the target grants them.
template <class Socket>
std::span<std::uint8_t> direct_memory(Socket& socket) {
  tlm::tlm_generic_payload payload;
  tlm::tlm_dmi dmi;
  payload.set_command(tlm::TLM_READ_COMMAND);
  const bool granted = socket->get_direct_mem_ptr(payload, dmi);
  NPU_CHECK(granted && dmi.is_read_write_allowed(), "an SRAM grants direct access");
  return {dmi.get_dmi_ptr(), static_cast<std::size_t>(dmi.get_end_address() - dmi.get_start_address() + 1)};
}

}  // namespace npu::hw
