#include "sim/explore/pareto.h"
#include "tests/support.h"

using namespace npu;

namespace {

// The definition, point against point.
std::vector<std::size_t> front_by_definition(const std::vector<std::vector<double>>& costs) {
  std::vector<std::size_t> front;
  for (std::size_t one = 0; one < costs.size(); ++one) {
    bool beaten = false;
    for (const auto& other : costs) {
      bool no_worse = true;
      for (std::size_t axis = 0; axis < other.size(); ++axis) no_worse &= other[axis] <= costs[one][axis];
      beaten |= no_worse && other != costs[one];
    }
    if (!beaten) front.push_back(one);
  }
  return front;
}

}  // namespace

TEST_CASE("the front holds exactly the points that nothing beats") {
  CHECK(sim::pareto_front({}).empty());
  CHECK(sim::pareto_front({{1, 2}, {2, 1}, {2, 2}, {1, 2}}) == std::vector<std::size_t>{0, 1, 3});
  tests::TestRandom random(20);
  for (int round = 0; round < 200; ++round) {
    std::vector<std::vector<double>> costs(static_cast<std::size_t>(random.integer(1, 60)));
    const auto axes = static_cast<std::size_t>(random.integer(1, 4));
    for (auto& cost : costs) {
      for (std::size_t axis = 0; axis < axes; ++axis)
        cost.push_back(static_cast<double>(random.integer(0, 9)));
    }
    INFO("round " << round);
    CHECK(sim::pareto_front(costs) == front_by_definition(costs));
  }
}

TEST_CASE("costs turn metrics that should be large, and need every objective") {
  sim::MetricValues values;
  sim::value_of(values, sim::Metric::kCycles) = 100;
  sim::value_of(values, sim::Metric::kUtilisation) = 70;
  CHECK(sim::objective_costs(values, {"cycles", "utilisation_percent"}) == std::vector<double>{100, -70});
  CHECK(sim::objective_costs(values, {"cycles", "energy"}).empty());
}
