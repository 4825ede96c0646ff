// Which points of a space a sweep visits before it knows anything: all, a random part without repetition, or
// a Latin hypercube. The same seed gives the same points on every system.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/explore/design_space.h"

namespace npu::sim {

/// Most points that a sweep enumerates; larger spaces must be sampled.
inline constexpr std::int64_t kEnumerationLimit = 10'000'000;

/// Ascending indices, without repetition. Random and Latin-hypercube samples larger than the space are the
/// whole space; a Latin hypercube can hold fewer points than asked for, because equal points count once.
/// Throws ConfigError if a cartesian space has more than kEnumerationLimit points. Not for
/// SamplingMethod::kSearch.
std::vector<std::int64_t> sample_points(const DesignSpace& space);

/// Splitmix64: small, fast, the same everywhere.
class SampleRandom {
 public:
  explicit SampleRandom(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  std::int64_t below(std::int64_t bound);  ///< uniform in [0, bound)

 private:
  std::uint64_t state_;
};

}  // namespace npu::sim
