// Does the search find the front of a space that can be enumerated, with a fraction of its points?
#include <algorithm>
#include <set>

#include "sim/explore/front_search.h"
#include "sim/explore/pareto.h"
#include "tests/support.h"

using namespace npu;

namespace {

// Two goals that pull apart: near one corner of the first two dimensions or near the other; the rest only
// costs.
std::vector<double> cost_of(const sim::Coordinates& at) {
  const auto square = [](double x) { return x * x; };
  double rest = 0;
  for (std::size_t dimension = 2; dimension < at.size(); ++dimension)
    rest += square(static_cast<double>(at[dimension] - 3));
  return {square(static_cast<double>(at[0])) + square(static_cast<double>(at[1])) + rest,
          square(static_cast<double>(at[0] - 19)) + square(static_cast<double>(at[1] - 19)) + rest};
}

std::vector<std::vector<double>> costs_of(const std::vector<sim::Coordinates>& batch) {
  std::vector<std::vector<double>> costs;
  for (const auto& at : batch) costs.push_back(cost_of(at));
  return costs;
}

const std::vector<std::int64_t> kDimensions{20, 20, 8, 8, 8};  // 204,800 points

}  // namespace

TEST_CASE("a search with 2 percent of a space's points finds points close to its front") {
  const auto visited = sim::search_front(kDimensions, {4096, 64, 7}, costs_of);
  CHECK(visited.size() <= 4096);
  CHECK(std::set<sim::Coordinates>(visited.begin(), visited.end()).size() == visited.size());
  // The true front: rest at its best, and nothing beats (d, d) and its neighbours on the way between the
  // corners.
  const auto costs = costs_of(visited);
  const auto front = sim::pareto_front(costs);
  std::size_t at_best = 0;
  for (const std::size_t member : front) {
    const auto& at = visited[member];
    if (at[2] == 3 && at[3] == 3 && at[4] == 3 && std::abs(at[0] - at[1]) <= 1) ++at_best;
  }
  CHECK(front.size() >= 30);  // of 39
  CHECK(at_best == front.size());
}

TEST_CASE("a random sample of the same size does not") {
  std::vector<sim::Coordinates> sample;
  tests::TestRandom random(7);
  for (int point = 0; point < 4096; ++point) {
    sample.emplace_back();
    for (const auto size : kDimensions) sample.back().push_back(random.integer(0, size - 1));
  }
  std::size_t at_best = 0;
  for (const std::size_t member : sim::pareto_front(costs_of(sample))) {
    const auto& at = sample[member];
    if (at[2] == 3 && at[3] == 3 && at[4] == 3 && std::abs(at[0] - at[1]) <= 1) ++at_best;
  }
  CHECK(at_best < 10);
}

TEST_CASE("the same seed visits the same points, another seed others") {
  const auto one = sim::search_front(kDimensions, {300, 20, 5}, costs_of);
  CHECK(one == sim::search_front(kDimensions, {300, 20, 5}, costs_of));
  CHECK(one != sim::search_front(kDimensions, {300, 20, 6}, costs_of));
}

TEST_CASE("a space smaller than the budget is visited once, not for ever") {
  const auto visited =
      sim::search_front({2, 3}, {1000, 10, 1}, [](const std::vector<sim::Coordinates>& batch) {
        std::vector<std::vector<double>> costs;
        for (const auto& at : batch)
          costs.push_back({static_cast<double>(at[0]), static_cast<double>(at[1])});
        return costs;
      });
  CHECK(visited.size() <= 6);
  CHECK(visited.size() >= 5);
}

TEST_CASE("points that cannot be do not stop a search") {
  const auto impossible_half = [](const std::vector<sim::Coordinates>& batch) {
    auto costs = costs_of(batch);
    for (std::size_t place = 0; place < batch.size(); ++place) {
      if (batch[place][0] % 2 == 1) costs[place].clear();
    }
    return costs;
  };
  const auto visited = sim::search_front(kDimensions, {2000, 40, 3}, impossible_half);
  CHECK(visited.size() == 2000);
  CHECK(std::any_of(visited.begin(), visited.end(),
                    [](const auto& at) { return at[0] == 0 && at[2] == 3 && at[3] == 3 && at[4] == 3; }));
  const auto all_impossible = [](const std::vector<sim::Coordinates>& batch) {
    return std::vector<std::vector<double>>(batch.size());
  };
  CHECK(sim::search_front(kDimensions, {100, 20, 3}, all_impossible).size() == 100);
}
