#include "hw/modules/dram.h"

#include <algorithm>
#include <utility>

#include "hw/modules/burst.h"
#include "hw/modules/sim_clock.h"

namespace npu::hw {

Dram::Dram(const sc_core::sc_module_name& name, const DramConfig& config, std::vector<std::uint8_t> image)
    : sc_module(name), port("port"), config_(config), content_(std::move(image)) {
  static_assert(kBusTicksPerCycle == kTicksPerCycle);
  if (config.banked()) banks_.emplace(config);
  port.register_b_transport(this, &Dram::transport);
  port.register_transport_dbg(this, &Dram::debug_transport);
}

unsigned Dram::debug_transport(int /*initiator*/, tlm::tlm_generic_payload& payload) {
  const bool inside = access_memory(payload, content_);
  payload.set_response_status(inside ? tlm::TLM_OK_RESPONSE : tlm::TLM_ADDRESS_ERROR_RESPONSE);
  return inside ? payload.get_data_length() : 0;
}

Cycles Dram::busy_cycles() const {
  return ceil_div(banks_ ? banks_->busy_ticks() : busy_ticks_, kTicksPerCycle);
}

void Dram::transport(int /*initiator*/, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  sc_core::wait(delay);
  delay = sc_core::SC_ZERO_TIME;
  const auto* burst = payload.get_extension<BurstExtension>();
  if (burst == nullptr || burst->opens_descriptor) sc_core::wait(cycles_to_time(config_.latency_cycles));
  Bytes bus_bytes = 0;
  for_each_piece(payload, [&](std::int64_t address, unsigned char*, Bytes bytes) {
    bus_bytes += aligned_bytes(address, bytes, config_.access_bytes);
  });
  (payload.is_read() ? read_bytes_ : write_bytes_) += bus_bytes;
  if (banks_) {
    occupy_banks(payload);
  } else {
    occupy_bus(bus_bytes);
  }
  const bool inside = access_memory(payload, content_);
  payload.set_response_status(inside ? tlm::TLM_OK_RESPONSE : tlm::TLM_ADDRESS_ERROR_RESPONSE);
}

void Dram::occupy_banks(tlm::tlm_generic_payload& payload) {
  pieces_.clear();
  for_each_piece(payload, [&](std::int64_t address, unsigned char*, Bytes bytes) {
    pieces_.push_back({address, bytes});
  });
  const std::int64_t end = banks_->serve(now_ticks(), pieces_);
  ++bus_clients_;
  sc_core::wait(ticks(end - now_ticks()));
  --bus_clients_;
}

// Requests arrive in time order, so taking the bus where the last one leaves it is first come, first served.
void Dram::occupy_bus(Bytes bytes) {
  const double exact =
      static_cast<double>(bytes) * kTicksPerCycle / config_.bytes_per_cycle + tick_remainder_;
  const auto whole = static_cast<std::int64_t>(exact);
  tick_remainder_ = exact - static_cast<double>(whole);
  busy_ticks_ += whole;
  bus_free_at_ticks_ = std::max(bus_free_at_ticks_, now_ticks()) + whole;
  ++bus_clients_;
  sc_core::wait(ticks(bus_free_at_ticks_ - now_ticks()));
  --bus_clients_;
}

void Dram::add_waves(WaveFile& file) const {
  file.add(bus_clients_, std::string(name()) + ".bus_clients");
  file.add(read_bytes_, std::string(name()) + ".read_bytes");
  file.add(write_bytes_, std::string(name()) + ".write_bytes");
}

}  // namespace npu::hw
