#include "tests/end_to_end/random_machine.h"

#include <fmt/core.h>

#include <array>
#include <cmath>
#include <iterator>

#include "tests/support.h"

namespace npu::tests {
namespace {

// Evenly distributed logarithm, in whole kilobytes.
std::int64_t kilobytes(TestRandom& random, double low, double high) {
  const double exponent = static_cast<double>(random.real(0, 1));
  return static_cast<std::int64_t>(std::round(low * std::pow(high / low, exponent))) * 1024;
}

std::int64_t extent(TestRandom& random) {
  return static_cast<std::int64_t>(std::round(4 * std::pow(32.0, static_cast<double>(random.real(0, 1)))));
}

std::int64_t width(TestRandom& random) { return std::int64_t{1} << random.integer(0, 7); }

nlohmann::json sram(TestRandom& random, std::int64_t capacity_bytes) {
  return {{"capacity_bytes", capacity_bytes}, {"width_bytes", width(random)}};
}

const char* rounding(TestRandom& random) {
  static constexpr std::array kRules{"half_up", "half_up", "half_away", "half_even", "floor", "toward_zero"};
  return kRules.at(static_cast<std::size_t>(random.integer(0, std::ssize(kRules) - 1)));
}

nlohmann::json dram(TestRandom& random, double clock_hz) {
  nlohmann::json config{{"access_bytes", std::int64_t{1} << random.integer(0, 7)},
                        {"capacity_bytes", std::int64_t{1} << 32}};
  if (random.integer(0, 1) != 0) {
    config["latency_cycles"] = random.integer(0, 500);
  } else {
    config["latency_ns"] = random.integer(0, 300);
  }
  const double bytes_per_cycle = std::pow(2.0, static_cast<double>(random.real(-1, 7)));
  if (random.integer(0, 1) != 0) {
    config["bytes_per_cycle"] = bytes_per_cycle;
  } else {
    config["bytes_per_second"] = bytes_per_cycle * clock_hz;
  }
  return config;
}

nlohmann::json pe_array(TestRandom& random) {
  nlohmann::json array{{"rows", extent(random)},
                       {"columns", extent(random)},
                       {"register_file_entries", random.integer(1, 64)}};
  const auto flows = random.integer(0, 3);
  array["dataflows"] = flows == 0   ? nlohmann::json{"ws"}
                       : flows == 1 ? nlohmann::json{"os"}
                                    : nlohmann::json{"ws", "os"};
  array["zero_skipping"] = "none";
  if (random.integer(0, 3) == 0) {
    array["zero_skipping"] = "assumed_fraction";
    array["assumed_zero_fraction"] = 0.4;
  }
  return array;
}

}  // namespace

nlohmann::json random_machine(std::uint64_t seed) {
  TestRandom random(seed);
  const double clock_hz = 1e8 * static_cast<double>(random.integer(1, 20));
  nlohmann::json machine{
      {"schema_version", 1}, {"name", fmt::format("random_{}", seed)}, {"clock_hz", clock_hz}};
  machine["pe_array"] = pe_array(random);
  machine["data"] = {{"weight_bits", 8 * random.integer(1, 2)},
                     {"activation_bits", 8 * random.integer(1, 2)}};
  machine["compounding"] = {{"multiplier_bits", random.integer(12, 31)},
                            {"shift_bits", random.integer(0, 5)},
                            {"rounding", rounding(random)},
                            {"lanes", random.integer(1, 64)}};
  machine["weight_sram"] = sram(random, kilobytes(random, 8, 4096));
  machine["global_buffer"] = sram(random, kilobytes(random, 8, 4096));
  machine["accumulator_store"] = sram(random, kilobytes(random, 2, 1024));
  machine["vector_unit"] = {{"lanes", random.integer(1, 64)}};
  machine["dma"] = {{"request_bytes", std::int64_t{16} << random.integer(0, 8)}};
  machine["dram"] = dram(random, clock_hz);
  machine["command_processor"] = {{"queue_depth", random.integer(1, 32)},
                                  {"dispatch_cycles", random.integer(0, 4)},
                                  {"fetch_instructions", random.integer(1, 64)}};
  machine["energy_table"] = random.integer(0, 1) != 0 ? "horowitz_45nm" : "eyeriss_normalized";
  if (random.integer(0, 7) == 0) machine["data"]["accumulator_bits"] = 8 * random.integer(3, 7);
  return machine;
}

}  // namespace npu::tests
