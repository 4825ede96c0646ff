#include <cmath>

#include "hw/common/error.h"
#include "hw/common/json_reader.h"
#include "hw/energy/energy_table.h"
#include "tests/support.h"

namespace {

using namespace npu;
using namespace npu::tests;
using hw::Component;

hw::ArchConfig machine(const std::string& table) {
  auto arch = hw::load_arch(source_folder() / "configs/arch/shift_npu.json");
  arch.energy_table = table;
  return arch;
}

hw::UnitEnergies load(const hw::ArchConfig& arch) {
  return hw::load_unit_energies(arch, source_folder() / "configs");
}

nlohmann::json table(const std::string& name) {
  return read_json_file(source_folder() / "configs/energy" / (name + ".json"));
}

}  // namespace

TEST_CASE("horowitz_45nm resolves for the default machine: DRAM per byte, SRAMs by their capacities") {
  const auto units = load(machine("horowitz_45nm"));
  CHECK(units.unit == "pJ");
  CHECK(units.table_name == "horowitz_45nm");
  CHECK(units.joules_per_unit() == 1e-12);
  CHECK(units[Component::kDram] == Approx(640.0 / 4));
  // Tabulated words have 64 bits: 14 address wires at 128 KB, 13 at 64 KB, 12 at 32 KB, and 3 control wires.
  // The machine's have 128, 128 and 512: one address wire less, one less, three less.
  CHECK(units[Component::kGlobalBuffer] ==
        Approx(41.2 / 8 * ((13 + 3 + 128) / 128.0) / ((14 + 3 + 64) / 64.0)));
  CHECK(units[Component::kWeightSram] ==
        Approx(29.0 / 8 * ((12 + 3 + 128) / 128.0) / ((13 + 3 + 64) / 64.0)));
  CHECK(units[Component::kAccumulatorStore] ==
        Approx(20.0 / 8 * ((9 + 3 + 512) / 512.0) / ((12 + 3 + 64) / 64.0)));
  CHECK(units[Component::kMac] == Approx(0.3));
  CHECK(units[Component::kRegisterFile] == Approx(0.3));  // as much as a MAC
  CHECK(units[Component::kInterPe] == Approx(0.6));       // twice a MAC
}

TEST_CASE(
    "An SRAM of the tabulated width costs what is tabulated, a wider one less a byte and more an access") {
  const auto per_byte = [](int width_bytes) {
    auto arch = machine("horowitz_45nm");
    arch.global_buffer.width_bytes = width_bytes;
    return load(arch)[Component::kGlobalBuffer];
  };
  CHECK(per_byte(8) == Approx(41.2 / 8));
  for (int width = 1; width <= 64; width *= 2) {
    CHECK(per_byte(2 * width) < per_byte(width));
    CHECK(per_byte(2 * width) * 2 * width > per_byte(width) * width);
  }
}

TEST_CASE(
    "lpddr4_22nm is the 45 nm table scaled by capacitance and square of the voltage, with its own DRAM") {
  const double factor = 22.0 / 45.0 * (0.8 / 0.9) * (0.8 / 0.9);
  for (const Bytes capacity : {Bytes{8192}, Bytes{98304}, Bytes{1} << 20}) {
    auto small = machine("lpddr4_22nm");
    auto large = machine("horowitz_45nm");
    small.global_buffer.capacity_bytes = large.global_buffer.capacity_bytes = capacity;
    const auto scaled = load(small);
    const auto base = load(large);
    for (const Component component : {Component::kGlobalBuffer, Component::kMac, Component::kRegisterFile,
                                      Component::kInterPe, Component::kCompounding, Component::kVector}) {
      CHECK(scaled[component] == Approx(factor * base[component]).epsilon(0.01));
    }
    CHECK(scaled[Component::kDram] == Approx(64.0));  // 8 pJ per bit
  }
}

TEST_CASE("eyeriss_normalized is relative to a MAC: words of 16 bits, no joules") {
  auto arch = machine("eyeriss_normalized");
  const auto bytes = load(arch);
  CHECK(bytes.joules_per_unit() == 0.0);
  CHECK(bytes[Component::kDram] == Approx(100.0));  // 200 per 16-bit word, per byte
  CHECK(bytes[Component::kGlobalBuffer] == Approx(3.0));
  CHECK(bytes[Component::kAccumulatorStore] == Approx(6.0 / 4));  // a partial sum is one word: 4 bytes here
  arch.data = {16, 16, 48};
  CHECK(load(arch)[Component::kAccumulatorStore] == Approx(6.0 / 6));
  CHECK(load(arch)[Component::kMac] == 1.0);
}

TEST_CASE("SRAM energy between two tabulated capacities follows the power law through them") {
  auto arch = machine("horowitz_45nm");
  arch.global_buffer.width_bytes = 8;  // as tabulated
  arch.global_buffer.capacity_bytes = 96 * 1024;
  const double between = load(arch)[Component::kGlobalBuffer] * 8;
  const double share = std::log(96.0 / 64.0) / std::log(128.0 / 64.0);
  CHECK(between == Approx(std::exp((1 - share) * std::log(29.0) + share * std::log(41.2))));
  arch.global_buffer.capacity_bytes = 4096;  // below the table: the first two points' slope goes on
  CHECK(load(arch)[Component::kGlobalBuffer] * 8 == Approx(10.0 * 10.0 / 13.8));
  double last = 0;
  for (Bytes capacity = 1024; capacity <= (4 << 20); capacity = capacity * 5 / 4) {
    arch.global_buffer.capacity_bytes = capacity;
    const double energy = load(arch)[Component::kGlobalBuffer];
    CHECK(energy > last);
    last = energy;
  }
}

TEST_CASE("the MAC follows the widths, and a machine that the table lacks is refused") {
  auto arch = machine("horowitz_45nm");
  arch.data = {16, 16, 48};
  CHECK(load(arch)[Component::kMac] == Approx(0.95));
  CHECK(load(arch)[Component::kRegisterFile] == Approx(0.95));
  auto json = table("horowitz_45nm");
  json["components"]["mac"]["by_width"].erase(3);
  REQUIRE_THROWS_AS(hw::unit_energies_from_json(json, "t.json", arch), ConfigError);
}

TEST_CASE("energy is the sum of counts times unit energies, to the last digit") {
  constexpr std::uint64_t kSeed = 5;
  TestRandom random(kSeed);
  const auto units = load(machine("horowitz_45nm"));
  hw::AccessCounts counts;
  for (auto& count : counts.count) count = random.integer(0, 1'000'000'000'000);
  const auto energy = hw::energy_of(counts, units);
  double total = 0;
  for (std::size_t component = 0; component < counts.count.size(); ++component) {
    const double expected = static_cast<double>(counts.count[component]) * units.per_count[component];
    CHECK(energy.by_component[component] == expected);
    total += expected;
  }
  CHECK(energy.total == total);
}

TEST_CASE("a table can be named by its path") {
  const auto path = source_folder() / "configs/energy/eyeriss_normalized.json";
  CHECK(load(machine(path.string())).table_name == "eyeriss_normalized");
  REQUIRE_THROWS_AS(load(machine("no_such_table")), InputError);
}

TEST_CASE("malformed tables are refused with the place of the fault") {
  const auto arch = machine("horowitz_45nm");
  const auto refused_at = [&](const nlohmann::json& json) -> std::string {
    try {
      hw::unit_energies_from_json(json, "t.json", arch);
    } catch (const ConfigError& error) {
      return error.pointer();
    }
    return "accepted";
  };
  auto json = table("horowitz_45nm");
  CHECK(refused_at(json) == "accepted");

  auto missing = json;
  missing["components"].erase("dram");
  CHECK(refused_at(missing) == "/components/dram");
  auto no_source = json;
  no_source["components"]["mac"].erase("source");
  CHECK(refused_at(no_source) == "/components/mac/source");
  auto unknown = json;
  unknown["components"]["dram"]["colour"] = "red";
  CHECK(refused_at(unknown) == "/components/dram/colour");
  auto unknown_component = json;
  unknown_component["components"]["cache"] = json["components"]["dram"];
  CHECK(refused_at(unknown_component) == "/components/cache");
  auto negative = json;
  negative["components"]["dram"]["energy"] = -1;
  CHECK(refused_at(negative) == "/components/dram/energy");
  auto per = json;
  per["components"]["dram"]["per"] = "gallon";
  CHECK(refused_at(per) == "/components/dram/per");
  auto unit = json;
  unit["components"]["dram"]["unit"] = "J";
  CHECK(refused_at(unit) == "/components/dram/unit");
  auto order = json;
  order["components"]["sram"]["by_capacity"][1]["capacity_bytes"] = 8192;
  CHECK(refused_at(order) == "/components/sram/by_capacity/1/capacity_bytes");
  auto empty = json;
  empty["components"]["sram"]["by_capacity"] = nlohmann::json::array();
  CHECK(refused_at(empty) == "/components/sram/by_capacity");
  auto version = json;
  version["schema_version"] = 2;
  CHECK(refused_at(version) == "/schema_version");
}
