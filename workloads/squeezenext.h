// The SqueezeNext family (Gholami et al., arXiv 1803.10615): residual blocks of two 1x1 reductions, a
// separable 3x3 convolution (3x1 and 1x3) and a 1x1 expansion. Input 3x227x227; for small images 3x32x32
// with a stem of stride 1 and no max pool.
#pragma once

#include <array>

#include "workloads/input_form.h"
#include "workloads/network_builder.h"

namespace npu::workloads {

struct SqueezeNextParameters {
  std::array<int, 4> blocks{};  ///< per stage
  int stem_kernel = 7;
  int groups = 1;  ///< of each block's first reduction and of its separable convolutions
  /// Later variants narrow a stage's first block: its reductions read the shortcut's projection, not the
  /// stage's input.
  bool reduce_after_projection = false;
  /// Of the stages only: the 64-channel stem and the 128-channel last reduction never widen.
  int width_percent = 100;
  InputForm form = InputForm::kImageNet;
};

compiler::Graph build(const SqueezeNextParameters& parameters, const BuildOptions& options);

}  // namespace npu::workloads
