#include "sim/explore/sweep_search.h"

#include <algorithm>

#include "sim/explore/front_search.h"
#include "sim/explore/pareto.h"

namespace npu::sim {
namespace {

void add(const SweepCounts& part, SweepCounts& sum) {
  sum.evaluated += part.evaluated;
  sum.known += part.known;
  sum.excluded += part.excluded;
  sum.refused += part.refused;
  sum.failed += part.failed;
}

std::vector<double> costs_of(const DesignSpace& space, SweepRunner& runner, std::int64_t point) {
  const auto result = runner.result(point);
  if (!result || result->status != PointStatus::kDone) return {};
  if (!meets_constraints(space.spec(), result->values)) return {};
  return objective_costs(result->values, space.spec().objectives);
}

}  // namespace

SweepCounts run_search(const DesignSpace& space, SweepRunner& runner, const std::string& engine,
                       const std::function<void(std::int64_t settled)>& progress) {
  const SweepSpec& spec = space.spec();
  const bool joint = spec.joint_front;
  const std::int64_t searches = joint ? 1 : std::ssize(spec.networks);
  std::vector<std::int64_t> dimensions = space.dimensions();
  if (!joint) dimensions.pop_back();  // the network, the last one
  SweepCounts counts;
  std::int64_t settled = 0;
  for (std::int64_t search = 0; search < searches; ++search) {
    const auto evaluate = [&](const std::vector<Coordinates>& batch) {
      std::vector<std::int64_t> points;
      for (Coordinates at : batch) {
        if (!joint) at.push_back(search);
        points.push_back(space.index_of(at));
      }
      std::vector<std::int64_t> in_order = points;
      std::sort(in_order.begin(), in_order.end());
      add(runner.run(in_order, engine, [&](std::int64_t now) { progress(settled + now); }), counts);
      settled += std::ssize(points);
      std::vector<std::vector<double>> costs;
      for (const std::int64_t point : points) costs.push_back(costs_of(space, runner, point));
      return costs;
    };
    const SearchSettings settings{std::max<std::int64_t>(1, spec.sampling.points / searches),
                                  spec.sampling.population, spec.sampling.seed};
    search_front(dimensions, settings, evaluate);
  }
  return counts;
}

}  // namespace npu::sim
