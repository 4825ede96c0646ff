// Runs single operators of a float graph in plain loops of a fixed order. For settle_statistics only: inputs
// are small.
#pragma once

#include <vector>

#include "compiler/graph/graph.h"

namespace npu::workloads {

/// Maps of several samples together: data [channel][sample][row][column]. Channel outermost makes long loops
/// of the pointwise convolutions on small maps.
struct FeatureMaps {
  compiler::MapShape shape;  ///< of one sample
  std::int64_t samples = 1;
  std::vector<float> data;

  std::int64_t pixels() const {
    return samples * shape.height * shape.width;
  }  ///< of one channel, all samples
};

/// Output of one node. Fails a check for operators that no built-in network has.
FeatureMaps evaluate(const compiler::Node& node, const std::vector<const FeatureMaps*>& inputs);

}  // namespace npu::workloads
