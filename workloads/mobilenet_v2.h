// MobileNet v2 (Sandler et al., arXiv 1801.04381, table 2): inverted residual blocks with linear bottlenecks.
// Input 3x224x224.
#pragma once

#include <cstdint>
#include <string>

#include "compiler/graph/graph.h"

namespace npu::workloads {

struct MobileNetV2Parameters {
  int width_percent = 100;
};

compiler::Graph build_mobilenet_v2(const std::string& name, const MobileNetV2Parameters& parameters,
                                   std::uint64_t seed);

}  // namespace npu::workloads
