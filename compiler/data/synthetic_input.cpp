// Synthetic inputs: sums of smooth random fields, one per octave of spatial frequency with equal energy,
// which gives the 1/f amplitude spectrum of photographs. Colours share most of their structure. Only
// additions, multiplications, square roots and integers: the same seed gives the same image on every system.
#include <algorithm>
#include <cmath>

#include "compiler/data/image_set.h"

namespace npu::compiler {
namespace {

/// splitmix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
class Generator {
 public:
  explicit Generator(std::uint64_t seed) : state_(seed) {}
  double uniform() {  // [-1, 1)
    state_ += 0x9E3779B97F4A7C15ULL;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1p-52 - 1.0;
  }

 private:
  std::uint64_t state_;
};

double smooth_step(double t) { return t * t * (3.0 - 2.0 * t); }

/// Adds random values on a grid of `cells` x `cells`, smoothly interpolated, to field [row][column].
void add_octave(std::vector<double>& field, std::int64_t height, std::int64_t width, std::int64_t cells,
                Generator& generator) {
  const auto side = static_cast<std::size_t>(cells) + 1;
  std::vector<double> grid(side * side);
  for (double& value : grid) value = generator.uniform();
  for (std::int64_t row = 0; row < height; ++row) {
    const double y = static_cast<double>(row * cells) / static_cast<double>(height);
    const auto top = static_cast<std::size_t>(y);
    const double down = smooth_step(y - static_cast<double>(top));
    for (std::int64_t column = 0; column < width; ++column) {
      const double x = static_cast<double>(column * cells) / static_cast<double>(width);
      const auto left = static_cast<std::size_t>(x);
      const double right = smooth_step(x - static_cast<double>(left));
      const double* corner = grid.data() + top * side + left;
      const double upper = corner[0] + (corner[1] - corner[0]) * right;
      const double lower = corner[side] + (corner[side + 1] - corner[side]) * right;
      field[static_cast<std::size_t>(row * width + column)] += upper + (lower - upper) * down;
    }
  }
}

/// A field of zero mean and unit deviation.
std::vector<double> random_field(std::int64_t height, std::int64_t width, Generator& generator) {
  std::vector<double> field(static_cast<std::size_t>(height * width), 0.0);
  // Lenses blur the last octaves: details are at least four pixels wide.
  for (std::int64_t cells = 1; cells == 1 || 4 * cells <= std::max(height, width); cells *= 2) {
    add_octave(field, height, width, cells, generator);
  }
  double sum = 0;
  double squares = 0;
  for (const double value : field) {
    sum += value;
    squares += value * value;
  }
  const auto count = static_cast<double>(field.size());
  const double mean = sum / count;
  const double deviation = std::sqrt(std::max(squares / count - mean * mean, 1e-12));
  for (double& value : field) value = (value - mean) / deviation;
  return field;
}

}  // namespace

std::vector<float> synthetic_input(const MapShape& shape, std::uint64_t seed) {
  constexpr double kShared = 0.9;       // part of the deviation that all channels have in common
  constexpr double kOwn = 0.435889894;  // sqrt(1 - kShared^2)
  constexpr double kLimit = 2.5;        // photographs are bounded
  Generator generator(seed * 0xD1342543DE82EF95ULL + 1);
  const double contrast = 0.9 + 0.3 * generator.uniform();
  const double brightness = 0.4 * generator.uniform();
  const auto shared = random_field(shape.height, shape.width, generator);
  std::vector<float> input;
  input.reserve(static_cast<std::size_t>(shape.elements()));
  for (std::int64_t channel = 0; channel < shape.channels; ++channel) {
    const auto own = random_field(shape.height, shape.width, generator);
    for (std::size_t i = 0; i < own.size(); ++i) {
      const double value = (kShared * shared[i] + kOwn * own[i]) * contrast + brightness;
      input.push_back(static_cast<float>(std::clamp(value, -kLimit, kLimit)));
    }
  }
  return input;
}

}  // namespace npu::compiler
