// Silicon area of a machine's datapaths and memories from unit areas of its technology. Models: registers,
// adders and multipliers of PEs, compounding lanes and vector lanes, and the SRAMs. Does not model: shifters,
// control, queues, DMA, interconnect, pads and the space that placement leaves; so it is a lower bound that
// ranks machines.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "hw/arch/arch_config.h"
#include "hw/common/json_reader.h"
#include "hw/energy/power_law.h"

namespace npu::hw {

/// Square micrometres, as the `areas` of a table in configs/energy.
struct UnitAreas {
  std::vector<LawPoint> sram;        ///< of one memory with its periphery, by capacity in bytes
  std::vector<LawPoint> multiplier;  ///< of n x n bits, by n
  double adder_bit = 0;
  double register_bit = 0;
};
/// Reads the object; throws ConfigError.
UnitAreas read_unit_areas(JsonReader reader);

inline constexpr int kAreaParts = 6;
inline constexpr std::array<std::string_view, kAreaParts> kAreaPartNames{
    "pe_array", "weight_sram", "global_buffer", "accumulator_store", "compounding", "vector_unit"};

struct AreaBreakdown {
  std::array<double, kAreaParts> mm2{};  ///< as kAreaPartNames
  double total_mm2 = 0;                  ///< sum of mm2, in that order
};
AreaBreakdown area_of(const ArchConfig& arch, const UnitAreas& units);

}  // namespace npu::hw
