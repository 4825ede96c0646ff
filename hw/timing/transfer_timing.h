// DMA and DRAM time: first-order latency plus effective bandwidth.
#pragma once

#include "hw/arch/arch_config.h"
#include "hw/common/units.h"
#include "hw/isa/instruction.h"

namespace npu::hw {

/// Bytes a descriptor moves over the DRAM bus: every contiguous run occupies whole aligned accesses
/// (dram.access_bytes). Runs that continue each other without a gap count as one.
Bytes bus_bytes(const Transfer& transfer, const DramConfig& dram);

/// Bus bytes of one instruction, by direction; none unless it is a load or a store. Instruction fetch is not
/// part.
struct BusTraffic {
  Bytes read = 0;
  Bytes written = 0;
};
BusTraffic bus_traffic(const Instruction& instruction, const DramConfig& dram);

/// Cycles of one descriptor alone on the bus: latency + bus bytes / bandwidth, rounded up.
Cycles transfer_cycles(const Transfer& transfer, const DramConfig& dram);

}  // namespace npu::hw
