// Accuracy over a data set: the functional engine on every image, the float network on the same inputs.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "compiler/data/image_set.h"
#include "compiler/graph/graph.h"
#include "hw/isa/program.h"
#include "sim/cli/host_data.h"
#include "sim/report/run_report.h"

namespace npu::sim {

struct AccuracyJob {
  const hw::Program& program;          ///< verified
  const compiler::Graph* float_graph;  ///< null: no float figures
  const std::vector<compiler::LabelledImage>& images;
  ImageInputs inputs;
  int threads = 1;
};

/// Results do not depend on the number of threads. `advance` is called from any thread after each image. The
/// error of the first failing image, in the order of `images`, is thrown.
Accuracy measure_accuracy(const AccuracyJob& job, const std::function<void()>& advance);

}  // namespace npu::sim
