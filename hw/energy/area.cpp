// What each unit is made of follows docs/timing_model.md: the registers that the cycle formulas rely on.
#include "hw/energy/area.h"

#include <fmt/core.h>

#include <cmath>

namespace npu::hw {
namespace {

constexpr double kLargestArea = 1e12;
constexpr double kSquareMicrometresPerMm2 = 1e6;
constexpr int kVectorSumBits = 32;
constexpr int kCompoundingRegisters = 4;  ///< bias, multiply, shift, zero point and clamp
constexpr int kVectorRegisters = 5;       ///< operands, multiply, add, shift, clamp

std::vector<LawPoint> read_law(JsonReader& entry, const char* list, const char* key) {
  std::vector<LawPoint> points;
  for (JsonReader& point : entry.children(list)) {
    points.push_back({point.number(key, 1, 1e12), point.number("area_um2", 1e-6, kLargestArea)});
    point.finish();
    if (points.size() > 1 && points[points.size() - 2].x >= points.back().x) {
      point.fail(key, fmt::format("{}", points.back().x),
                 fmt::format("more than the point before ({})", points[points.size() - 2].x));
    }
  }
  if (points.empty()) entry.fail(list, "an empty array", fmt::format("at least one {{{}, area_um2}}", key));
  return points;
}

void read_provenance(JsonReader& entry) {
  entry.string("technology");
  entry.string("source");
}

double read_bit(JsonReader entry) {
  read_provenance(entry);
  const double area = entry.number("area_um2", 0, kLargestArea);
  entry.finish();
  return area;
}

/// Adds up one unit of the datapath.
class Datapath {
 public:
  explicit Datapath(const UnitAreas& units) : units_(units) {}

  Datapath& multiplier(int bits_a, int bits_b, int count = 1) {
    area_ += count * power_law(units_.multiplier, std::sqrt(static_cast<double>(bits_a) * bits_b));
    return *this;
  }
  Datapath& adder(int bits) {
    area_ += bits * units_.adder_bit;
    return *this;
  }
  Datapath& registers(int bits, int count = 1) {
    area_ += static_cast<double>(bits) * count * units_.register_bit;
    return *this;
  }
  double mm2(double how_many) const { return how_many * area_ / kSquareMicrometresPerMm2; }

 private:
  const UnitAreas& units_;
  double area_ = 0;
};

double pe_array_mm2(const ArchConfig& arch, const UnitAreas& units) {
  const DataConfig& data = arch.data;
  const int weights =
      arch.pe_array.weight_stationary ? 2 : 1;  // the one that works, and the next one's shadow
  Datapath pe(units);
  pe.multiplier(data.weight_bits, data.activation_bits).adder(data.accumulator_bits);
  pe.registers(data.activation_bits).registers(data.weight_bits, weights).registers(data.accumulator_bits);
  if (arch.pe_array.output_stationary) {  // two banks: one works, one leaves
    pe.registers(data.accumulator_bits, 2 * arch.pe_array.register_file_entries);
  }
  return pe.mm2(arch.pe_array.pe_count());
}

double compounding_mm2(const ArchConfig& arch, const UnitAreas& units) {
  const int sum = arch.data.accumulator_bits;
  const int product = sum + arch.compounding.multiplier_bits;
  Datapath lane(units);
  lane.adder(sum).multiplier(sum, arch.compounding.multiplier_bits).adder(product);
  lane.adder(arch.data.activation_bits).registers(product, kCompoundingRegisters);
  return lane.mm2(arch.compounding.lanes);
}

double vector_mm2(const ArchConfig& arch, const UnitAreas& units) {
  Datapath lane(units);
  lane.multiplier(arch.data.activation_bits, arch.compounding.multiplier_bits, 2).adder(kVectorSumBits);
  lane.registers(kVectorSumBits, kVectorRegisters);
  return lane.mm2(arch.vector_unit.lanes);
}

double sram_mm2(const SramConfig& sram, const UnitAreas& units) {
  return power_law(units.sram, static_cast<double>(sram.capacity_bytes)) / kSquareMicrometresPerMm2;
}

}  // namespace

UnitAreas read_unit_areas(JsonReader reader) {
  UnitAreas units;
  JsonReader sram = reader.child("sram");
  read_provenance(sram);
  units.sram = read_law(sram, "by_capacity", "capacity_bytes");
  sram.finish();
  JsonReader multiplier = reader.child("multiplier");
  read_provenance(multiplier);
  units.multiplier = read_law(multiplier, "by_bits", "bits");
  multiplier.finish();
  units.adder_bit = read_bit(reader.child("adder_bit"));
  units.register_bit = read_bit(reader.child("register_bit"));
  reader.finish();
  return units;
}

AreaBreakdown area_of(const ArchConfig& arch, const UnitAreas& units) {
  AreaBreakdown area;
  area.mm2 = {pe_array_mm2(arch, units),           sram_mm2(arch.weight_sram, units),
              sram_mm2(arch.global_buffer, units), sram_mm2(arch.accumulator_store, units),
              compounding_mm2(arch, units),        vector_mm2(arch, units)};
  for (const double part : area.mm2) area.total_mm2 += part;
  return area;
}

}  // namespace npu::hw
