// Names for quantities, so that an interface says what it counts. Plain integers and doubles underneath.
#pragma once

#include <cstdint>

namespace npu {

using Cycles = std::int64_t;  ///< clock cycles of the simulated machine
using Bytes = std::int64_t;   ///< bytes

constexpr std::int64_t ceil_div(std::int64_t numerator, std::int64_t denominator) {
  return (numerator + denominator - 1) / denominator;
}
constexpr std::int64_t round_up(std::int64_t value, std::int64_t multiple) {
  return ceil_div(value, multiple) * multiple;
}

}  // namespace npu
