// Access counts of a CONV instruction.
#pragma once

#include "hw/energy/access_counts.h"

namespace npu::hw {

AccessCounts conv_counts(const Conv& conv, const ArchConfig& arch);

}  // namespace npu::hw
