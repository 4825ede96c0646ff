// Accuracy over a data set: the functional engine on every image, the float network on the same inputs.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "compiler/data/data_set.h"
#include "compiler/graph/graph.h"
#include "hw/isa/program.h"
#include "sim/report/run_report.h"

namespace npu::sim {

/// Outputs of the float network, [image][class].
using Scores = std::vector<std::vector<float>>;

struct AccuracyJob {
  const hw::Program& program;          ///< verified
  const compiler::Graph* float_graph;  ///< null: no float figures, unless float_scores has them
  const compiler::DataSet& data;
  int threads = 1;
  const Scores* float_scores = nullptr;  ///< measured before; the float network does not run again
};

/// 95 % interval of the mean of paired differences, each -1, 0 or 1, in points (normal approximation).
struct Interval {
  double low = 0;
  double high = 0;
};
Interval paired_interval(const std::vector<int>& differences);

/// The float network's outputs. Results do not depend on `threads`.
Scores float_scores(const compiler::Graph& graph, const compiler::DataSet& data, int threads,
                    const std::function<void()>& advance);

/// Results do not depend on the number of threads. `advance` is called from any thread after each image. The
/// error of the first failing image, in order, is thrown.
Accuracy measure_accuracy(const AccuracyJob& job, const std::function<void()>& advance);

}  // namespace npu::sim
