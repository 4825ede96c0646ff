// Runs one program on the SystemC machine. SystemC-free header. A process can do this once: SystemC
// elaborates once.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "hw/arch/arch_config.h"
#include "hw/isa/program.h"
#include "hw/modules/trace.h"

namespace npu::hw {

struct MachineOptions {
  std::uint64_t random_stall_seed =
      0;                       ///< not 0: every unit waits 0..200 random cycles before each instruction
  std::filesystem::path wave;  ///< if set, the modules' states over time go into this VCD file (*.vcd)
};

struct MachineRun {
  MachineTrace trace;
  std::vector<std::uint8_t> dram;  ///< content at the end
};

/// `dram_image`: what DRAM holds at reset (instruction words, constants, input); its size bounds DRAM
/// addresses. Throws SimulationError (hazard, deadlock, token overflow, address outside a memory) or
/// ProgramError (bad word).
MachineRun run_machine(const Program& program, const ArchConfig& arch, std::vector<std::uint8_t> dram_image,
                       const MachineOptions& options = {});

}  // namespace npu::hw
