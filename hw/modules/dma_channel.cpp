#include "hw/modules/dma_channel.h"

#include <fmt/core.h>

#include "hw/modules/sim_clock.h"

namespace npu::hw {

DmaChannel::DmaChannel(const sc_core::sc_module_name& name, Unit unit, const ArchConfig& arch,
                       const UnitEnvironment& environment)
    : ExecutionUnit(name, unit, environment),
      dram("dram"),
      sram("sram"),
      request_bytes_(arch.dma.request_bytes),
      access_bytes_(arch.dram.access_bytes) {}

void DmaChannel::execute(const IssuedInstruction& issued, InstructionRecord& /*record*/) {
  const Transfer& transfer = issued.instruction.transfer();
  const bool store = issued.instruction.opcode == Opcode::kStore;
  RunCursor dram_side(dram_runs(transfer));
  RunCursor sram_side(sram_runs(transfer));
  dram_burst_.opens_descriptor = true;
  while (!dram_side.done()) {
    dram_burst_.pieces.clear();
    sram_burst_.pieces.clear();
    dram_side.take_accesses(request_bytes_, access_bytes_, dram_burst_.pieces);
    const Bytes bytes = dram_burst_.bytes();
    sram_side.take(bytes, sram_burst_.pieces);
    data_.resize(static_cast<std::size_t>(bytes));
    if (store) move(sram, tlm::TLM_READ_COMMAND, sram_burst_, issued.pc);
    move(dram, store ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND, dram_burst_, issued.pc);
    if (!store) move(sram, tlm::TLM_WRITE_COMMAND, sram_burst_, issued.pc);
    dram_burst_.opens_descriptor = false;
  }
  wait_for_clock_edge();
}

void DmaChannel::move(tlm_utils::simple_initiator_socket<DmaChannel>& socket, tlm::tlm_command command,
                      BurstExtension& burst, std::int64_t pc) {
  tlm::tlm_generic_payload payload;
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  payload.set_command(command);
  payload.set_address(static_cast<sc_dt::uint64>(burst.pieces.front().address));
  payload.set_data_ptr(data_.data());
  payload.set_data_length(static_cast<unsigned>(data_.size()));
  payload.set_streaming_width(static_cast<unsigned>(data_.size()));
  payload.set_extension(&burst);
  socket->b_transport(payload, delay);
  payload.clear_extension(&burst);
  if (!payload.is_response_ok()) {
    throw SimulationError(
        name(), now_cycle(),
        fmt::format("instruction {} accesses {} byte {}: {}, expected an address inside the memory", pc,
                    socket.name(), burst.pieces.front().address, payload.get_response_string()));
  }
}

}  // namespace npu::hw
