// MobileNet v2 (Sandler et al., arXiv 1801.04381, table 2): inverted residual blocks with linear bottlenecks.
// Input 3x224x224; for small images 3x32x32 with the stem's and the first later stride left out.
#pragma once

#include "workloads/input_form.h"
#include "workloads/network_builder.h"

namespace npu::workloads {

struct MobileNetV2Parameters {
  int width_percent = 100;
  InputForm form = InputForm::kImageNet;
};

compiler::Graph build(const MobileNetV2Parameters& parameters, const BuildOptions& options);

}  // namespace npu::workloads
