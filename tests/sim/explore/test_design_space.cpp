#include <set>

#include "hw/common/error.h"
#include "tests/sim/explore/sample_sweep.h"
#include "tests/support.h"

using namespace npu;
using nlohmann::json;

TEST_CASE("every index of a space is another combination, and back") {
  const sim::DesignSpace space = tests::sample_space(tests::sample_sweep_json());
  REQUIRE(space.size() == 1 * 3 * 2 * 2);
  std::set<std::string> seen;
  for (std::int64_t index = 0; index < space.size(); ++index) {
    const sim::DesignPoint point = space.point(index);
    seen.insert(json(space.axis_values(point)).dump() + std::to_string(point.network));
    std::vector<std::int64_t> coordinates{static_cast<std::int64_t>(point.architecture)};
    for (const std::size_t value : point.values) coordinates.push_back(static_cast<std::int64_t>(value));
    coordinates.push_back(static_cast<std::int64_t>(point.network));
    CHECK(space.index_of(coordinates) == index);
  }
  CHECK(seen.size() == 12);
}

TEST_CASE("linked settings follow their axis, and the machine is a valid one") {
  const sim::DesignSpace space = tests::sample_space(tests::sample_sweep_json());
  const hw::ArchConfig arch =
      hw::arch_from_json(space.arch_json(space.point(4)), "machine");  // pe 8, bandwidth 8
  CHECK(arch.pe_array.rows == 8);
  CHECK(arch.pe_array.columns == 8);
  CHECK(arch.global_buffer.capacity_bytes == 512 * 64);
  CHECK(arch.dram.bytes_per_cycle == 8);
  const auto numbers = sim::machine_numbers(arch);
  CHECK(numbers.at("pe_count") == 64);
  CHECK(numbers.at("dram.bytes_per_cycle") == 8);
  CHECK(numbers.at("sram_bytes") == 65536 + 32768 + 32768);
}

TEST_CASE("an axis can take one of two ways to say the same, removing the other") {
  json sweep = tests::sample_sweep_json();
  sweep["axes"][1] = json::parse(R"({"name": "ns", "values": [50, 100],
                                     "set": {"/dram/latency_ns": "ns", "/dram/latency_cycles": null}})");
  const sim::DesignSpace space = tests::sample_space(sweep);
  CHECK(hw::arch_from_json(space.arch_json(space.point(0)), "m").dram.latency_cycles == 50);
}

TEST_CASE("a pointer to no field of the machine is refused with the axis that has it") {
  for (const char* pointer : {"/pe_array/rws", "/pe_aray/rows", "/clock_hz/0", "/pe_array/rows/x"}) {
    json sweep = tests::sample_sweep_json();
    sweep["axes"][1] = {{"pointer", pointer}, {"values", {1, 2}}};
    INFO(pointer);
    CHECK_THROWS_AS(tests::sample_space(sweep), ConfigError);
    CHECK_THROWS_WITH(tests::sample_space(sweep), Catch::Contains("/axes/1"));
  }
}

TEST_CASE("values that the machine can never have are refused before the sweep") {
  json sweep = tests::sample_sweep_json();
  sweep["axes"][1] = {{"pointer", "/clock_hz"}, {"values", {"fast", -1}}};
  CHECK_THROWS_WITH(tests::sample_space(sweep), Catch::Contains("/axes/1") && Catch::Contains("clock_hz"));
}

TEST_CASE("a space beyond counting is refused") {
  json sweep = tests::sample_sweep_json();
  for (const char* field :
       {"/clock_hz", "/dram/latency_cycles", "/dma/request_bytes", "/vector_unit/lanes"}) {
    sweep["axes"].push_back({{"pointer", field}, {"range", {{"from", 1}, {"to", 90'000}, {"step", 1}}}});
  }
  CHECK_THROWS_WITH(tests::sample_space(sweep), Catch::Contains("2^62"));
}

TEST_CASE("two axes that write one field, or a part of it, are refused, and names that mean something else") {
  const auto refusal = [](const json& axis) {
    json sweep = tests::sample_sweep_json();
    sweep["axes"].push_back(axis);
    try {
      tests::sample_space(sweep);
    } catch (const ConfigError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  const json values = {1, 2};
  CHECK_THAT(refusal({{"name", "x"}, {"pointer", "/dram/bytes_per_cycle"}, {"values", values}}),
             Catch::Contains("/axes/2") && Catch::Contains("'bandwidth' sets, too"));
  CHECK_THAT(refusal({{"name", "x"}, {"pointer", "/dram"}, {"values", values}}),
             Catch::Contains("'bandwidth' sets, too ('/dram/bytes_per_cycle')"));
  CHECK_THAT(refusal({{"name", "cycles"}, {"pointer", "/clock_hz"}, {"values", values}}),
             Catch::Contains("'cycles'"));
  CHECK_THAT(refusal({{"name", "status"}, {"pointer", "/clock_hz"}, {"values", values}}),
             Catch::Contains("'status'"));
  CHECK_THAT(refusal({{"name", "pe_count"}, {"pointer", "/clock_hz"}, {"values", {1e9, 2e9}}}),
             Catch::Contains("another number of the machine"));
  CHECK(refusal({{"pointer", "/clock_hz"}, {"values", {1e9, 2e9}}}).empty());
  CHECK(refusal({{"name", "dram_cycles"}, {"pointer", "/dram/latency_cycles"}, {"values", values}}).empty());
}
