#include "sim/explore/sampling.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <unordered_set>

#include "hw/common/error.h"

namespace npu::sim {
namespace {

std::vector<std::int64_t> whole_space(const DesignSpace& space) {
  if (space.size() > kEnumerationLimit) {
    throw ConfigError(space.spec().file, "/sampling",
                      fmt::format("a cartesian space of {} points", space.size()),
                      fmt::format("at most {} points, or \"method\": \"random\" or \"latin_hypercube\" with "
                                  "a number of \"points\"",
                                  kEnumerationLimit));
  }
  std::vector<std::int64_t> indices(static_cast<std::size_t>(space.size()));
  std::iota(indices.begin(), indices.end(), 0);
  return indices;
}

// Floyd's sampling: `count` different numbers below `size`, each subset equally likely.
std::vector<std::int64_t> random_points(std::int64_t size, std::int64_t count, SampleRandom random) {
  std::unordered_set<std::int64_t> chosen;
  for (std::int64_t last = size - count; last < size; ++last) {
    const std::int64_t candidate = random.below(last + 1);
    chosen.insert(chosen.contains(candidate) ? last : candidate);
  }
  return {chosen.begin(), chosen.end()};
}

// Each dimension is cut into `count` equal strata, and each stratum is used once.
std::vector<std::int64_t> latin_hypercube(const DesignSpace& space, std::int64_t count, SampleRandom random) {
  const auto& dimensions = space.dimensions();
  std::vector<std::vector<std::int64_t>> coordinates(static_cast<std::size_t>(count),
                                                     std::vector<std::int64_t>(dimensions.size()));
  std::vector<std::int64_t> strata(static_cast<std::size_t>(count));
  for (std::size_t dimension = 0; dimension < dimensions.size(); ++dimension) {
    std::iota(strata.begin(), strata.end(), 0);
    for (std::int64_t last = count - 1; last > 0; --last) {
      std::swap(strata[static_cast<std::size_t>(last)],
                strata[static_cast<std::size_t>(random.below(last + 1))]);
    }
    for (std::size_t sample = 0; sample < coordinates.size(); ++sample) {
      const auto wide = static_cast<__int128>(strata[sample]) * dimensions[dimension] / count;
      coordinates[sample][dimension] = static_cast<std::int64_t>(wide);
    }
  }
  std::vector<std::int64_t> indices;
  for (const auto& point : coordinates) indices.push_back(space.index_of(point));
  return indices;
}

}  // namespace

std::uint64_t SampleRandom::next() {
  std::uint64_t mixed = state_ += 0x9e3779b97f4a7c15ULL;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9ULL;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebULL;
  return mixed ^ (mixed >> 31);
}

std::int64_t SampleRandom::below(std::int64_t bound) {
  const auto limit = static_cast<std::uint64_t>(bound);
  const std::uint64_t cut = UINT64_MAX - UINT64_MAX % limit;  // beyond it, small numbers would be likelier
  std::uint64_t number = next();
  while (number >= cut) number = next();
  return static_cast<std::int64_t>(number % limit);
}

std::vector<std::int64_t> sample_points(const DesignSpace& space) {
  const Sampling& sampling = space.spec().sampling;
  if (sampling.method == SamplingMethod::kCartesian || sampling.points >= space.size())
    return whole_space(space);
  const SampleRandom random(sampling.seed);
  std::vector<std::int64_t> indices = sampling.method == SamplingMethod::kRandom
                                          ? random_points(space.size(), sampling.points, random)
                                          : latin_hypercube(space, sampling.points, random);
  std::sort(indices.begin(), indices.end());
  indices.erase(std::unique(indices.begin(), indices.end()), indices.end());
  return indices;
}

}  // namespace npu::sim
