// MobileNet v1 (Howard et al., arXiv 1704.04861, table 1): a stem and 13 pairs of 3x3 depthwise and 1x1
// convolutions. Input 3x224x224; for small images 3x32x32 with the stem's and the first later stride left
// out. ReLU6 as in the published trained networks, where the paper says ReLU.
#pragma once

#include "workloads/input_form.h"
#include "workloads/network_builder.h"

namespace npu::workloads {

struct MobileNetV1Parameters {
  int width_percent = 100;
  InputForm form = InputForm::kImageNet;
};

compiler::Graph build(const MobileNetV1Parameters& parameters, const BuildOptions& options);

}  // namespace npu::workloads
