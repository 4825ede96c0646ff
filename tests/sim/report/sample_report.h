// A small run made by hand, whose figures can be checked in the head: one convolution and one pool, 1000
// cycles.
#pragma once

#include "sim/report/run_report.h"

namespace npu::tests {

/// 8x8x4 input -> conv 1x1 to 16 channels (4096 MACs, ws) -> pool; obeys every conservation law.
sim::RunReport sample_report();

}  // namespace npu::tests
