// Unit energies: JSON tables in configs/energy, each value with unit, technology and source.
#pragma once

#include <array>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "hw/arch/arch_config.h"
#include "hw/energy/access_counts.h"
#include "hw/energy/area.h"

namespace npu::hw {

/// What the table says of one machine. Energy per count of each component, resolved for one machine (SRAM
/// energies depend on capacity, MAC energy on width), in `unit` ("pJ" or "MAC").
struct UnitEnergies {
  std::string table_name;
  std::string unit;
  std::array<double, kComponents> per_count{};
  std::optional<AreaBreakdown> area;  ///< of the machine, where the table has areas

  double operator[](Component component) const { return per_count[static_cast<std::size_t>(component)]; }
  double joules_per_unit()
      const;  ///< 1e-12 for pJ, 0 where the unit has no absolute value (normalised to a MAC)
};

/// Loads `arch.energy_table`: a path if it contains '/' or ends in .json, else configs/energy/NAME.json under
/// `config_root`. Throws ConfigError / InputError.
UnitEnergies load_unit_energies(const ArchConfig& arch, const std::filesystem::path& config_root);
UnitEnergies unit_energies_from_json(const nlohmann::json& json, const std::string& file,
                                     const ArchConfig& arch);

struct EnergyBreakdown {
  std::array<double, kComponents> by_component{};
  double total = 0;  ///< sum of by_component, in that order
};
EnergyBreakdown energy_of(const AccessCounts& counts, const UnitEnergies& units);

}  // namespace npu::hw
