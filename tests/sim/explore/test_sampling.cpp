#include <algorithm>
#include <map>
#include <set>

#include "hw/common/error.h"
#include "sim/explore/sampling.h"
#include "tests/sim/explore/sample_sweep.h"
#include "tests/support.h"

using namespace npu;
using nlohmann::json;

namespace {

// 100 x 100 values of two axes that a machine can all have, two networks.
json wide_sweep() {
  json sweep = tests::sample_sweep_json();
  sweep["axes"] = json::array();
  for (const char* pointer : {"/dram/latency_cycles", "/dram/bytes_per_cycle"}) {
    sweep["axes"].push_back({{"pointer", pointer}, {"range", {{"from", 1}, {"to", 100}, {"step", 1}}}});
  }
  return sweep;
}

std::vector<std::int64_t> sample(json sweep, const char* method, int points, int seed) {
  sweep["sampling"] = {{"method", method}, {"points", points}, {"seed", seed}};
  return sim::sample_points(tests::sample_space(sweep));
}

}  // namespace

TEST_CASE("a cartesian sweep visits every point once") {
  const auto points = sim::sample_points(tests::sample_space(tests::sample_sweep_json()));
  REQUIRE(points.size() == 12);
  for (std::size_t index = 0; index < points.size(); ++index)
    CHECK(points[index] == static_cast<std::int64_t>(index));
}

TEST_CASE("random samples are different points, repeatable, and spread over the space") {
  const auto points = sample(wide_sweep(), "random", 4000, 7);
  CHECK(std::set<std::int64_t>(points.begin(), points.end()).size() == 4000);
  CHECK(points == sample(wide_sweep(), "random", 4000, 7));
  CHECK(points != sample(wide_sweep(), "random", 4000, 8));
  std::map<std::int64_t, int> quarters;  // of 20,000 points
  for (const std::int64_t point : points) ++quarters[point / 5000];
  for (const auto& [quarter, count] : quarters) CHECK(std::abs(count - 1000) < 120);  // 4 sigma, seed fixed
}

TEST_CASE("a Latin hypercube uses every stratum of every axis once") {
  const auto points = sample(wide_sweep(), "latin_hypercube", 100, 3);
  REQUIRE(points.size() == 100);
  const sim::DesignSpace space = tests::sample_space(wide_sweep());
  for (std::size_t axis = 0; axis < 2; ++axis) {
    std::set<std::size_t> used;
    for (const std::int64_t point : points) used.insert(space.point(point).values[axis]);
    CHECK(used.size() == 100);
  }
}

TEST_CASE("a sample larger than the space is the space") {
  CHECK(sample(tests::sample_sweep_json(), "random", 1000, 1).size() == 12);
  CHECK(sample(tests::sample_sweep_json(), "latin_hypercube", 1000, 1).size() == 12);
}

TEST_CASE("a cartesian sweep of a million million points is refused with the ways out") {
  json sweep = wide_sweep();
  for (json& axis : sweep["axes"]) axis["range"] = {{"from", 1}, {"to", 90000}, {"step", 1}};
  sweep["axes"].push_back(
      {{"pointer", "/clock_hz"}, {"range", {{"from", 1e9}, {"to", 1e9 + 99}, {"step", 1}}}});
  sweep["networks"] = {"one"};
  CHECK_THROWS_WITH(sim::sample_points(tests::sample_space(sweep)),
                    Catch::Contains("810000000000") && Catch::Contains("latin_hypercube"));
}
