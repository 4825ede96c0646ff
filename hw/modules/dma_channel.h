// One channel of the DMA: strided transfers between DRAM and one SRAM, in bursts of request_bytes. Three of
// them make the DMA: load weights, load activations, store. Models: one descriptor at a time, one burst in
// flight, SRAM access hidden behind the bus. The channel gives the DRAM bus up after every burst. Does not
// model: outstanding bursts, address generation time.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>

#include <cstdint>
#include <vector>

#include "hw/arch/arch_config.h"
#include "hw/modules/burst.h"
#include "hw/modules/execution_unit.h"

namespace npu::hw {

class DmaChannel : public ExecutionUnit {
 public:
  // sockets
  tlm_utils::simple_initiator_socket<DmaChannel> dram;
  tlm_utils::simple_initiator_socket<DmaChannel> sram;

  DmaChannel(const sc_core::sc_module_name& name, Unit unit, const ArchConfig& arch,
             const UnitEnvironment& environment);

 private:
  void execute(const IssuedInstruction& issued, InstructionRecord& record) override;
  void move(tlm_utils::simple_initiator_socket<DmaChannel>& socket, tlm::tlm_command command,
            BurstExtension& burst, std::int64_t pc);

  // parameters
  Bytes request_bytes_;
  Bytes access_bytes_;
  // state, reused from burst to burst
  std::vector<std::uint8_t> data_;
  BurstExtension dram_burst_;
  BurstExtension sram_burst_;
};

}  // namespace npu::hw
