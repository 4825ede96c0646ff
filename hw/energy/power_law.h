// Values between tabulated points of a quantity that grows like a power of another.
#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

namespace npu::hw {

struct LawPoint {
  double x = 0;
  double y = 0;
};

/// The straight line in log-log through the two points around `x` (ascending in x, at least one); beyond the
/// ends through the outermost two. A single point holds everywhere.
inline double power_law(const std::vector<LawPoint>& points, double x) {
  if (points.size() == 1) return points.front().y;
  std::size_t upper = 1;
  while (upper + 1 < points.size() && points[upper].x < x) ++upper;
  const LawPoint& low = points[upper - 1];
  const LawPoint& high = points[upper];
  const double exponent = std::log(high.y / low.y) / std::log(high.x / low.x);
  return low.y * std::pow(x / low.x, exponent);
}

}  // namespace npu::hw
