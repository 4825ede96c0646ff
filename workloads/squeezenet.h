// SqueezeNet (Iandola et al., arXiv 1602.07360, table 1, and its authors' version 1.1): fire modules, a 1x1
// squeeze whose output two parallel expansions read. Version 1.0: 3x227x227, 111-pixel maps behind the 7x7
// stem; version 1.1: 3x224x224, maps of 55, 27 and 13 pixels, pools moved forward.
#pragma once

#include <array>

#include "workloads/network_builder.h"

namespace npu::workloads {

struct SqueezeNetParameters {
  std::int64_t input_side = 227;
  std::int64_t stem_channels = 96;
  std::int64_t stem_kernel = 7;
  /// Numbers of the layers behind which the second and third max pool stand: 4 is module fire4.
  std::array<int, 2> pools_behind{4, 8};
};

compiler::Graph build(const SqueezeNetParameters& parameters, const BuildOptions& options);

}  // namespace npu::workloads
