// Do unit vectors contain the corner cases they promise, and are their results right by another arithmetic?
#include <algorithm>
#include <map>
#include <set>

#include "hw/common/error.h"
#include "hw/common/file.h"
#include "sim/golden/checker.h"
#include "sim/golden/unit_vectors.h"
#include "tests/rounding_oracle.h"
#include "tests/support.h"

namespace npu::tests {
namespace {

using namespace sim::golden;
using hw::Wide;

std::map<std::string, std::vector<std::int64_t>> by_name(const UnitVectorOptions& options) {
  std::map<std::string, std::vector<std::int64_t>> fields;
  for (const auto& field : unit_vectors(options)) fields[field.name] = field.values;
  return fields;
}

std::int64_t clamped(Wide y, std::int64_t low, std::int64_t high) {
  return static_cast<std::int64_t>(std::clamp<Wide>(y, low, high));
}

}  // namespace

TEST_CASE("Compounding vectors are right under every rounding rule and tell the rules apart") {
  std::set<std::vector<std::int64_t>> results;
  for (const auto& [name, rule] : hw::kRoundings) {
    INFO(name);
    UnitVectorOptions options;
    options.unit = "compounding";
    options.count = 3000;
    options.rounding = rule;
    options.multiplier_bits = rule == hw::Rounding::kGemmlowp ? 31 : 16;
    auto f = by_name(options);
    std::int64_t ties = 0, negative_ties = 0;
    for (std::size_t row = 0; row < 3000; ++row) {
      const Wide sum = Wide{f["accumulator"][row]} + f["bias"][row];
      const bool negative = f["leaky"][row] != 0 && sum < 0;
      const Wide product = sum * (negative ? f["negative_multiplier"] : f["multiplier"])[row];
      const auto shift =
          static_cast<int>((negative ? f["negative_shift"] : f["shift"])[row] + f["channel_shift"][row]);
      const Wide y = rounding_oracle(product, shift, rule) + f["zero_point"][row];
      REQUIRE(f["result"][row] == clamped(y, f["low"][row], f["high"][row]));
      const bool tie = shift > 0 && (product & ((Wide{1} << shift) - 1)) == Wide{1} << (shift - 1);
      ties += tie ? 1 : 0;
      negative_ties += tie && product < 0 ? 1 : 0;
    }
    CHECK(ties > 60);
    CHECK(negative_ties > 30);
    const auto has = [&](const char* field, std::int64_t value) {
      return std::ranges::count(f[field], value) > 0;
    };
    CHECK((has("channel_shift", 0) && has("channel_shift", 15) && has("shift", 0)));
    CHECK((has("zero_point", -128) && has("zero_point", 127)));
    CHECK((has("result", -128) && has("result", 127)));
    CHECK((has("saturated", 0) && has("saturated", 1)));
    CHECK((has("accumulator", (1 << 30) - 1) && has("accumulator", 1 - (1 << 30))));
    f["result"].resize(120);  // the constructed ones
    if (rule != hw::Rounding::kGemmlowp) results.insert(f["result"]);
  }
  CHECK(results.size() == 5);
}

TEST_CASE("PE vectors multiply and add exactly and wrap") {
  UnitVectorOptions options;
  options.unit = "pe";
  auto f = by_name(options);
  std::int64_t wraps = 0;
  for (std::size_t row = 0; row < f["sum_out"].size(); ++row) {
    const std::int64_t exact = f["sum_in"][row] + f["activation"][row] * f["weight"][row];
    REQUIRE(static_cast<std::int32_t>(static_cast<std::uint32_t>(static_cast<std::uint64_t>(exact))) ==
            f["sum_out"][row]);
    wraps += exact == f["sum_out"][row] ? 0 : 1;
  }
  CHECK(wraps > 5);
}

TEST_CASE("Add, pool and table vectors are right by another arithmetic") {
  UnitVectorOptions options;
  options.unit = "add";
  auto f = by_name(options);
  for (std::size_t row = 0; row < f["result"].size(); ++row) {
    const Wide sum = Wide{f["a"][row] - f["a_zero_point"][row]} * f["a_multiplier"][row] +
                     Wide{f["b"][row] - f["b_zero_point"][row]} * f["b_multiplier"][row];
    const Wide y =
        rounding_oracle(sum, static_cast<int>(f["shift"][row]), options.rounding) + f["zero_point"][row];
    REQUIRE(f["result"][row] == clamped(y, f["low"][row], f["high"][row]));
  }
  options.unit = "pool";
  f = by_name(options);
  for (std::size_t row = 0; row < f["result"].size(); ++row) {
    const auto first = f["window"].begin() + static_cast<std::ptrdiff_t>(9 * row);
    const auto last = first + f["count"][row];
    if (f["average"][row] == 0) {
      REQUIRE(f["result"][row] == *std::max_element(first, last));
      continue;
    }
    Wide sum = 0;
    for (auto at = first; at != last; ++at) sum += *at - f["in_zero_point"][row];
    const Wide y =
        rounding_oracle(sum * f["multiplier"][row], static_cast<int>(f["shift"][row]), options.rounding);
    REQUIRE(f["result"][row] == clamped(y + f["zero_point"][row], f["low"][row], f["high"][row]));
  }
  options.unit = "table";
  f = by_name(options);
  for (std::size_t row = 0; row < f["result"].size(); ++row) {
    REQUIRE(f["result"][row] == f["table"][static_cast<std::size_t>(f["index"][row] + 128)]);
  }
}

TEST_CASE("The check of unit vectors names the vector and its inputs") {
  const TemporaryFolder folder;
  UnitVectorOptions options;
  options.unit = "compounding";
  const auto golden = folder.path() / "golden";
  const auto dump = folder.path() / "dump";
  export_unit_vectors(options, golden);
  auto bytes = read_file(golden / "expected/result.bin");
  bytes[5] ^= 1;
  write_file(dump / "expected/result.bin", bytes);
  const auto result = check_dump(golden / kManifestFile, dump, {});
  REQUIRE(result.first);
  CHECK(result.first->unit == "compounding");
  CHECK(result.first->place == "vector 5");
  CHECK(result.first->inputs.find("accumulator") != std::string::npos);
  CHECK(result.count(StreamStatus::kNotDumped) == 1);  // saturated
}

TEST_CASE("Unknown units and too few vectors are refused") {
  UnitVectorOptions options;
  options.unit = "softmax";
  CHECK_THROWS_AS(unit_vectors(options), InputError);
  options.unit = "compounding";
  options.count = 3;
  CHECK_THROWS_AS(unit_vectors(options), InputError);
}

}  // namespace npu::tests
