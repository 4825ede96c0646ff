#include "sim/explore/json_number.h"

#include <cmath>

namespace npu::sim {

nlohmann::json json_number(double value) {
  constexpr double kExact = 9007199254740992.0;  // 2^53: beyond it a double is no longer every integer
  if (value == std::floor(value) && std::abs(value) <= kExact) return static_cast<std::int64_t>(value);
  return value;
}

}  // namespace npu::sim
