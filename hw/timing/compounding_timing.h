// Time of the compounding lanes alone.
#pragma once

#include "hw/arch/arch_config.h"
#include "hw/common/units.h"

namespace npu::hw {

/// Cycles in which the lanes take `outputs` results, one per lane and cycle.
constexpr Cycles compounding_cycles(std::int64_t outputs, const CompoundingConfig& compounding) {
  return ceil_div(outputs, compounding.lanes);
}

}  // namespace npu::hw
