// How often each component is used: pure counts per instruction, summed per layer and program. Energy is the sum of
// count x unit energy and nothing else.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "hw/arch/arch_config.h"
#include "hw/isa/instruction.h"
#include "hw/timing/conv_timing.h"

namespace npu::hw {

/// Components that use energy. Memories count bytes; the others count operations.
enum class Component : std::uint8_t {
  kDram = 0,          ///< bytes over the DRAM bus
  kGlobalBuffer,      ///< bytes read or written
  kWeightSram,        ///< bytes read or written
  kAccumulatorStore,  ///< bytes read or written
  kRegisterFile,      ///< element accesses inside PEs
  kInterPe,           ///< words moved between neighbouring PEs or broadcast
  kMac,               ///< multiply-accumulates performed
  kCompounding,       ///< outputs compounded (bias add, multiply, shift, clamp)
  kVector,            ///< elementary operations of the vector unit
};
inline constexpr int kComponents = 9;
std::string_view component_name(Component component);  ///< snake_case, the key in tables and reports

struct AccessCounts {
  std::array<std::int64_t, kComponents> count{};

  std::int64_t& operator[](Component component) { return count[static_cast<std::size_t>(component)]; }
  std::int64_t operator[](Component component) const { return count[static_cast<std::size_t>(component)]; }
  AccessCounts& operator+=(const AccessCounts& other);
};

/// Counts of one instruction. DMA: DRAM bus bytes and SRAM bytes. CONV and VECTOR: their SRAM traffic and operations.
AccessCounts access_counts(const Instruction& instruction, const ArchConfig& arch);

}  // namespace npu::hw
