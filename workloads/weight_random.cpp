#include "workloads/weight_random.h"

namespace npu::workloads {
namespace {

constexpr std::uint64_t kGoldenRatio =
    0x9E3779B97F4A7C15ULL;  // the increment of splitmix64 (Steele et al. 2014)

std::uint64_t mix(std::uint64_t value) {
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9ULL;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EBULL;
  return value ^ (value >> 31);
}

}  // namespace

WeightRandom::WeightRandom(std::uint64_t seed, std::string_view stream) : state_(mix(seed + kGoldenRatio)) {
  for (const char letter : stream) {
    state_ = mix(state_ + kGoldenRatio + static_cast<unsigned char>(letter));
  }
}

std::uint64_t WeightRandom::next() {
  state_ += kGoldenRatio;
  return mix(state_);
}

float WeightRandom::uniform() { return static_cast<float>(next() >> 40) * 0x1p-24F; }

float WeightRandom::normal() {
  std::int32_t sum = 0;
  for (int draw = 0; draw < 2; ++draw) {
    const std::uint64_t bits = next();
    sum += static_cast<std::int32_t>(bits & 0xFFFF) + static_cast<std::int32_t>((bits >> 16) & 0xFFFF) +
           static_cast<std::int32_t>((bits >> 32) & 0xFFFF) + static_cast<std::int32_t>(bits >> 48);
  }
  // Mean 8 * 65535 / 2; variance 8 * 65536^2 / 12. The factor is the float nearest sqrt(12 / 8) / 65536.
  constexpr float kInverseDeviation = 1.8688170e-05F;
  return static_cast<float>(sum - 4 * 65535) * kInverseDeviation;
}

float WeightRandom::octave_factor(int octaves) {
  const float position = uniform();
  float exponent = position * position * static_cast<float>(octaves);
  float factor = 1.0F;
  while (exponent >= 1.0F) {
    factor *= 0.5F;
    exponent -= 1.0F;
  }
  return factor - factor * exponent * 0.5F;  // straight lines between the powers of two
}

}  // namespace npu::workloads
