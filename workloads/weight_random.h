// Random numbers for weights that are the same on every system: 64-bit integer steps (splitmix64) and
// single-precision operations that IEEE 754 defines exactly. No functions of the C library and none of its
// distributions.
#pragma once

#include <cstdint>
#include <string_view>

namespace npu::workloads {

class WeightRandom {
 public:
  /// An independent stream for each pair of seed and name.
  WeightRandom(std::uint64_t seed, std::string_view stream);

  std::uint64_t next();

  /// Uniform in [0, 1), a multiple of 2^-24.
  float uniform();

  /// Approximately normal, mean 0 and variance 1: the sum of eight 16-bit uniforms (Irwin-Hall), within
  /// +-4.9.
  float normal();

  /// About 2^-x, x in [0, `octaves`) with density falling towards large x: most channels near 1, a tail of
  /// small ones.
  float octave_factor(int octaves);

 private:
  std::uint64_t state_;
};

}  // namespace npu::workloads
