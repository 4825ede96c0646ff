// Areas of machines: the sums of what docs/energy_model.md says each unit is made of, and how they grow.
#include <nlohmann/json.hpp>

#include "hw/common/error.h"
#include "hw/energy/area.h"
#include "hw/energy/energy_table.h"
#include "tests/support.h"

namespace npu {
namespace {

// 1 um2 a bit of adder and register, n * n for an n-bit multiplier, 2 um2 a byte of SRAM.
nlohmann::json simple_areas() {
  const auto entry = [](nlohmann::json json) {
    json["technology"] = "none";
    json["source"] = "a test";
    return json;
  };
  nlohmann::json json;
  json["sram"] = entry(
      {{"by_capacity",
        {{{"capacity_bytes", 1024}, {"area_um2", 2048}}, {{"capacity_bytes", 4096}, {"area_um2", 8192}}}}});
  json["multiplier"] =
      entry({{"by_bits", {{{"bits", 8}, {"area_um2", 64}}, {{"bits", 32}, {"area_um2", 1024}}}}});
  json["adder_bit"] = entry({{"area_um2", 1}});
  json["register_bit"] = entry({{"area_um2", 1}});
  return json;
}

hw::UnitAreas simple_units() {
  static const nlohmann::json json = simple_areas();
  return hw::read_unit_areas(JsonReader("areas", json));
}

hw::ArchConfig machine() { return hw::load_arch(tests::source_folder() / "configs/arch/shift_npu.json"); }

double um2(const hw::AreaBreakdown& area, std::size_t part) { return area.mm2[part] * 1e6; }

}  // namespace

TEST_CASE("A PE is its multiplier, its adder and the registers that the dataflows need") {
  auto arch = machine();
  arch.pe_array.rows = arch.pe_array.columns = 1;
  const int sum = arch.data.accumulator_bits;
  const int banks = 2 * arch.pe_array.register_file_entries * sum;
  const auto both = hw::area_of(arch, simple_units());
  CHECK(um2(both, 0) == Approx(8 * 8 + sum + 8 + 2 * 8 + sum + banks));
  arch.pe_array.output_stationary = false;
  CHECK(um2(hw::area_of(arch, simple_units()), 0) == Approx(8 * 8 + sum + 8 + 2 * 8 + sum));
  arch.pe_array.output_stationary = true;
  arch.pe_array.weight_stationary = false;
  CHECK(um2(hw::area_of(arch, simple_units()), 0) == Approx(8 * 8 + sum + 8 + 8 + sum + banks));
}

TEST_CASE("The array grows with its PEs, memories with their capacity, lanes with their number") {
  auto arch = machine();
  const auto before = hw::area_of(arch, simple_units());
  CHECK(um2(before, 2) == Approx(2.0 * static_cast<double>(arch.global_buffer.capacity_bytes)));
  arch.pe_array.rows *= 2;
  arch.global_buffer.capacity_bytes *= 2;
  arch.compounding.lanes *= 3;
  arch.vector_unit.lanes *= 4;
  const auto after = hw::area_of(arch, simple_units());
  CHECK(after.mm2[0] == Approx(2 * before.mm2[0]));
  CHECK(after.mm2[1] == before.mm2[1]);
  CHECK(after.mm2[2] == Approx(2 * before.mm2[2]));
  CHECK(after.mm2[4] == Approx(3 * before.mm2[4]));
  CHECK(after.mm2[5] == Approx(4 * before.mm2[5]));
  double sum = 0;
  for (const double part : after.mm2) sum += part;
  CHECK(after.total_mm2 == sum);
}

TEST_CASE("A multiplier of unequal operands is as large as the square one with as many partial products") {
  auto arch = machine();
  arch.data.weight_bits = 8;
  arch.data.activation_bits = 16;
  arch.pe_array.rows = arch.pe_array.columns = 1;
  arch.pe_array.output_stationary = false;
  const int sum = arch.data.accumulator_bits;
  CHECK(um2(hw::area_of(arch, simple_units()), 0) == Approx(8 * 16 + sum + 16 + 2 * 8 + sum));
}

TEST_CASE("The tables in picojoules have areas, smaller at 22 nm, and the normalised table has none") {
  auto arch = machine();
  const auto area_in = [&](const char* table) {
    arch.energy_table = table;
    return hw::load_unit_energies(arch, tests::source_folder() / "configs").area;
  };
  const auto old_node = area_in("horowitz_45nm");
  const auto new_node = area_in("lpddr4_22nm");
  REQUIRE(old_node);
  REQUIRE(new_node);
  CHECK(new_node->total_mm2 / old_node->total_mm2 == Approx(22.0 * 22 / 45 / 45).epsilon(0.002));
  CHECK_FALSE(area_in("eyeriss_normalized"));
}

TEST_CASE("Areas that are missing, out of order or unknown are refused with their place") {
  const auto refused = [](const nlohmann::json& json, const char* place) {
    try {
      hw::read_unit_areas(JsonReader("areas.json", json));
      FAIL("accepted");
    } catch (const ConfigError& error) {
      CHECK(std::string(error.what()).find(place) != std::string::npos);
    }
  };
  auto json = simple_areas();
  json.erase("adder_bit");
  refused(json, "adder_bit");
  json = simple_areas();
  json["sram"]["by_capacity"][1]["capacity_bytes"] = 512;
  refused(json, "/sram/by_capacity/1/capacity_bytes");
  json = simple_areas();
  json["multiplier"]["by_bits"] = nlohmann::json::array();
  refused(json, "/multiplier/by_bits");
  json = simple_areas();
  json["wires"] = 1;
  refused(json, "wires");
}

}  // namespace npu
