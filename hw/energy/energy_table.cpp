// Reading and resolving of a unit-energy table. The table says what one access or operation costs and per how
// many bits; resolving scales that to the counts of AccessCounts for one machine.
#include "hw/energy/energy_table.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "hw/common/json_reader.h"
#include "hw/energy/power_law.h"

namespace npu::hw {
namespace {

constexpr int kSchemaVersion = 1;
constexpr double kMaxEnergy = 1e12;
constexpr std::int64_t kBitsPerByte = 8;

/// What a tabulated energy is paid for. Positive: that many bits.
constexpr int kPerOperation = 0;
constexpr int kPerElement = -1;  ///< one element of the width the component handles

std::vector<LawPoint> read_points(JsonReader& entry) {
  std::vector<LawPoint> points;
  for (JsonReader& point : entry.children("by_capacity")) {
    points.push_back({point.number("capacity_bytes", 1, 1e12), point.number("energy", 1e-9, kMaxEnergy)});
    point.finish();
    if (points.size() > 1 && points[points.size() - 2].x >= points.back().x) {
      point.fail("capacity_bytes", fmt::format("{}", points.back().x),
                 fmt::format("more than the point before ({})", points[points.size() - 2].x));
    }
  }
  if (points.empty()) entry.fail("by_capacity", "an empty array", "at least one {capacity_bytes, energy}");
  return points;
}

double read_by_width(JsonReader& entry, const DataConfig& data) {
  std::optional<double> found;
  for (JsonReader& width : entry.children("by_width")) {
    const auto weight_bits = width.integer("weight_bits", 1, 64);
    const auto activation_bits = width.integer("activation_bits", 1, 64);
    const double energy = width.number("energy", 0, kMaxEnergy);
    width.finish();
    if (!found && weight_bits == data.weight_bits && activation_bits == data.activation_bits) found = energy;
  }
  if (found) return *found;
  entry.fail(
      "by_width", "no entry for this machine",
      fmt::format("one with weight_bits {} and activation_bits {}", data.weight_bits, data.activation_bits));
}

class TableReader {
 public:
  TableReader(const nlohmann::json& json, const std::string& file, const ArchConfig& arch)
      : root_(file, json), components_(root_.child("components")), arch_(arch) {}

  UnitEnergies read() {
    root_.integer("schema_version", kSchemaVersion, kSchemaVersion);
    energies_.table_name = root_.string("name");
    root_.string_or("description", "");
    energies_.unit = root_.choice<const char*>("unit", {{"pJ", "pJ"}, {"MAC", "MAC"}});
    // The MAC first: entries in units of one MAC refer to it.
    resolve(Component::kMac, nullptr, 0);
    const DataConfig& data = arch_.data;
    resolve(Component::kDram, nullptr, kBitsPerByte);
    resolve(Component::kGlobalBuffer, &arch_.global_buffer, data.activation_bits);
    resolve(Component::kWeightSram, &arch_.weight_sram, data.weight_bits);
    resolve(Component::kAccumulatorStore, &arch_.accumulator_store, data.accumulator_bits);
    for (const Component component :
         {Component::kRegisterFile, Component::kInterPe, Component::kCompounding, Component::kVector}) {
      resolve(component, nullptr, 0);
    }
    components_.finish();
    if (root_.has("areas")) energies_.area = area_of(arch_, read_unit_areas(root_.child("areas")));
    root_.finish();
    return energies_;
  }

 private:
  /// `element_bits` > 0: the component counts bytes. `memory`: of an SRAM. The three SRAMs may share one
  /// entry, "sram".
  void resolve(Component component, const SramConfig* memory, int element_bits) {
    const std::string own(component_name(component));
    const bool shared = memory != nullptr && !components_.has(own);
    JsonReader entry = components_.child(shared ? "sram" : own);
    entry.string("technology");
    entry.string("source");
    double energy = 0;
    if (memory != nullptr && entry.has("by_capacity")) {
      energy = power_law(read_points(entry), static_cast<double>(memory->capacity_bytes));
    } else if (component == Component::kMac && entry.has("by_width")) {
      energy = read_by_width(entry, arch_.data);
    } else {
      energy = entry.number("energy", 0, kMaxEnergy);
    }
    energy *= unit_factor(entry, component);
    const int bits = read_per(entry, element_bits);
    if (bits > 0) energy *= static_cast<double>(kBitsPerByte) / bits;
    if (memory != nullptr && entry.has("control_wires")) {
      energy *= width_factor(*memory, bits, static_cast<double>(entry.integer("control_wires", 0, 64)));
    }
    energies_.per_count[static_cast<std::size_t>(component)] = energy;
    entry.finish();
  }

  /// An entry's unit is the table's, or "MAC" for multiples of the table's own MAC.
  double unit_factor(JsonReader& entry, Component component) {
    const std::string unit = entry.string("unit");
    if (unit == energies_.unit) return 1.0;
    if (unit == "MAC" && component != Component::kMac) return energies_[Component::kMac];
    entry.fail("unit", "'" + unit + "'",
               fmt::format("'{}' as the table{}", energies_.unit,
                           component == Component::kMac ? "" : ", or 'MAC' for multiples of its mac entry"));
  }

  /// Bits that the tabulated energy is paid for; 0: an operation.
  static int read_per(JsonReader& entry, int element_bits) {
    if (element_bits == 0) return entry.choice<int>("per", {{"operation", kPerOperation}});
    const int bits = entry.choice<int>("per", {{"bit", 1},
                                               {"byte", 8},
                                               {"word_16b", 16},
                                               {"word_32b", 32},
                                               {"word_64b", 64},
                                               {"element", kPerElement}});
    return bits == kPerElement ? element_bits : bits;
  }

  /// Energy per byte of words as wide as the memory over that of the tabulated words of `bits`. An access
  /// drives address and control wires over the same distance as the data (docs/energy_model.md).
  static double width_factor(const SramConfig& memory, int bits, double control_wires) {
    const double capacity_bits = static_cast<double>(memory.capacity_bytes * kBitsPerByte);
    const auto wires_per_bit = [&](double width) {
      return (std::max(0.0, std::log2(capacity_bits / width)) + control_wires + width) / width;
    };
    return wires_per_bit(static_cast<double>(memory.width_bytes) * kBitsPerByte) / wires_per_bit(bits);
  }

  JsonReader root_;
  JsonReader components_;
  const ArchConfig& arch_;
  UnitEnergies energies_;
};

}  // namespace

double UnitEnergies::joules_per_unit() const { return unit == "pJ" ? 1e-12 : 0.0; }

UnitEnergies unit_energies_from_json(const nlohmann::json& json, const std::string& file,
                                     const ArchConfig& arch) {
  return TableReader(json, file, arch).read();
}

UnitEnergies load_unit_energies(const ArchConfig& arch, const std::filesystem::path& config_root) {
  const std::string& table = arch.energy_table;
  const bool is_path = table.find('/') != std::string::npos || table.ends_with(".json");
  const std::filesystem::path path =
      is_path ? std::filesystem::path(table) : config_root / "energy" / (table + ".json");
  return unit_energies_from_json(read_json_file(path), path.string(), arch);
}

EnergyBreakdown energy_of(const AccessCounts& counts, const UnitEnergies& units) {
  EnergyBreakdown energy;
  for (std::size_t component = 0; component < kComponents; ++component) {
    energy.by_component[component] =
        static_cast<double>(counts.count[component]) * units.per_count[component];
    energy.total += energy.by_component[component];
  }
  return energy;
}

}  // namespace npu::hw
