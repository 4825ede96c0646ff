// Search for Pareto fronts of spaces too large to enumerate: NSGA-II (Deb et al., IEEE Trans. Evol. Comp.
// 6(2), 2002) over the indices of the space's dimensions. Own code: Debian's pagmo works on real numbers and
// brings Ipopt, NLopt and MUMPS into every process. The same seed visits the same points, however they are
// evaluated.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace npu::sim {

struct SearchSettings {
  std::int64_t points = 0;  ///< different points to evaluate at most
  int population = 40;
  std::uint64_t seed = 1;
};

/// Coordinates of a point, one for each dimension.
using Coordinates = std::vector<std::int64_t>;

/// Evaluates points: for each its costs, smaller is better, or nothing where the point cannot be (refused,
/// excluded, a missed constraint). All non-empty results have the same length.
using BatchEvaluation = std::function<std::vector<std::vector<double>>(const std::vector<Coordinates>&)>;

/// Every point visited, in the order of their visit, none twice. Ends when `points` are visited or no new
/// point was found for many generations. `dimensions`: the size of each, at least 1.
std::vector<Coordinates> search_front(const std::vector<std::int64_t>& dimensions,
                                      const SearchSettings& settings, const BatchEvaluation& evaluate);

}  // namespace npu::sim
