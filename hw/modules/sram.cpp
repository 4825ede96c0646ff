#include "hw/modules/sram.h"

#include "hw/modules/burst.h"

namespace npu::hw {

Sram::Sram(const sc_core::sc_module_name& name, Bytes capacity_bytes)
    : sc_module(name), port("port"), content_(static_cast<std::size_t>(capacity_bytes), kPoison) {
  port.register_b_transport(this, &Sram::transport);
  port.register_get_direct_mem_ptr(this, &Sram::direct_memory);
}

void Sram::transport(int /*initiator*/, tlm::tlm_generic_payload& payload, sc_core::sc_time& /*delay*/) {
  if (!access_memory(payload, content_)) {
    payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    return;
  }
  (payload.is_read() ? read_bytes_ : write_bytes_) += static_cast<Bytes>(payload.get_data_length());
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
}

bool Sram::direct_memory(int /*initiator*/, tlm::tlm_generic_payload& /*payload*/, tlm::tlm_dmi& dmi) {
  dmi.allow_read_write();
  dmi.set_dmi_ptr(content_.data());
  dmi.set_start_address(0);
  dmi.set_end_address(content_.size() - 1);
  return true;
}

}  // namespace npu::hw
