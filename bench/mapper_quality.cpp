// How good the mapper's tilings are: ten layers, each alone on the 16x16 machine of the papers, mapped by the
// quick search, by the thorough one, and exhaustively with every tiling judged by the estimate engine instead
// of a prediction. "Exhaustive" is every distinct tile size along all four axes, both loop orders and both
// dataflows, each with the slots that the mapper gives it. A tiling is passed over only if its bus time, or
// the fewest cycles of any array, already make it worse than the best one found. What is compared is what the
// mapper minimises: cycles plus half the DRAM bus cycles.
#include <fmt/core.h>

#include <algorithm>
#include <ctime>

#include "compiler/codegen/compile.h"
#include "compiler/schedule/conv_cost.h"
#include "compiler/schedule/conv_search.h"
#include "hw/common/error.h"
#include "sim/cli/config_files.h"
#include "sim/engines/estimate/estimate_engine.h"

namespace npu::bench {
namespace {

using compiler::ConvProblem;
using compiler::ConvTiling;
using compiler::MapperEffort;

constexpr std::size_t kMostJudged = 4000;  ///< tilings of a layer that are run, best prediction first

struct Layer {
  const char* name;
  std::int64_t size, in_channels, out_channels, kernel_height, kernel_width, stride;
  bool depthwise = false;
};
constexpr Layer kLayers[] = {
    {"1x1 96-16 @55", 55, 96, 16, 1, 1, 1},          {"1x1 16-64 @55", 55, 16, 64, 1, 1, 1},
    {"3x3 16-64 @55", 55, 16, 64, 3, 3, 1},          {"3x3 64-256 @13", 13, 64, 256, 3, 3, 1},
    {"1x1 384-64 @13", 13, 384, 64, 1, 1, 1},        {"3x1 32-16 @28", 28, 32, 16, 3, 1, 1},
    {"dw 3x3 128 @28", 28, 128, 128, 3, 3, 1, true}, {"1x1 128-256 @14", 14, 128, 256, 1, 1, 1},
    {"3x3/2 3-32 @112", 112, 3, 32, 3, 3, 2},        {"fc 512-1000", 1, 512, 1000, 1, 1, 1},
};

compiler::QuantizedGraph graph_of(const Layer& layer) {
  compiler::QConv conv;
  conv.input = 0;
  conv.output = 1;
  const std::int64_t pad_y = (layer.kernel_height - 1) / 2;
  const std::int64_t pad_x = (layer.kernel_width - 1) / 2;
  conv.window = {
      layer.kernel_height, layer.kernel_width, layer.stride, layer.stride, pad_y, pad_x, pad_y, pad_x};
  conv.groups = layer.depthwise ? layer.in_channels : 1;
  compiler::QuantizedGraph graph;
  graph.name = layer.name;
  graph.tensors.resize(2);
  graph.tensors[0].name = "in";
  graph.tensors[0].shape = {layer.in_channels, layer.size, layer.size};
  graph.tensors[1].name = "out";
  const auto outputs = [&](std::int64_t kernel, std::int64_t pad) {
    return (layer.size + 2 * pad - kernel) / layer.stride + 1;
  };
  graph.tensors[1].shape = {layer.out_channels, outputs(layer.kernel_height, pad_y),
                            outputs(layer.kernel_width, pad_x)};
  graph.input = 0;
  graph.output = 1;
  graph.nodes.push_back({layer.name, conv});
  return graph;
}

ConvProblem problem_of(const Layer& layer, const compiler::QuantizedGraph& graph) {
  ConvProblem problem;
  problem.rows = {layer.kernel_height, layer.stride, (layer.kernel_height - 1) / 2, layer.size};
  problem.columns = {layer.kernel_width, layer.stride, (layer.kernel_width - 1) / 2, layer.size};
  problem.out_height = graph.tensors[1].shape.height;
  problem.out_width = graph.tensors[1].shape.width;
  problem.in_channels = layer.in_channels;
  problem.out_channels = layer.out_channels;
  problem.depthwise = layer.depthwise;
  return problem;
}

struct Judged {
  double cycles = 0;
  double objective = 0;
};

class Judge {
 public:
  Judge(const Layer& layer, const hw::ArchConfig& arch)
      : arch_(arch), graph_(graph_of(layer)), problem_(problem_of(layer, graph_)) {}

  const ConvProblem& problem() const { return problem_; }

  Judged judge(const ConvTiling& tiling) const {
    compiler::PlanCache plans(arch_, MapperEffort::kQuick);
    plans.set(problem_, {tiling, {}, ""});
    const auto program = compiler::compile_shapes(graph_, arch_, plans);
    NPU_CHECK(plans.size() == 1, "the layer's problem is the one that was set");
    const sim::Estimate estimate = sim::estimate(program, arch_);
    const auto cycles = static_cast<double>(estimate.cycles);
    const auto bytes = static_cast<double>(estimate.counts[hw::Component::kDram]);
    return {cycles, cycles + compiler::kDramWeight * bytes / arch_.dram.bytes_per_cycle};
  }

 private:
  const hw::ArchConfig& arch_;
  compiler::QuantizedGraph graph_;
  ConvProblem problem_;
};

struct Candidate {
  ConvTiling tiling;
  double predicted = 0;
  double bound = 0;  ///< no run has a smaller objective
};

double fewest_array_cycles(const ConvProblem& problem, hw::Dataflow flow, const hw::ArchConfig& arch) {
  const double macs = static_cast<double>(problem.out_height * problem.out_width * problem.out_channels *
                                          problem.rows.kernel * problem.columns.kernel) *
                      static_cast<double>(problem.depthwise ? 1 : problem.in_channels);
  const double kept =
      flow == hw::Dataflow::kOutputStationary ? 1.0 - arch.pe_array.assumed_zero_fraction : 1.0;
  return kept * macs / arch.pe_array.pe_count();
}

// Both loop orders and dataflows of one box of tile sizes.
void add_candidates(const ConvProblem& problem, const hw::ArchConfig& arch, ConvTiling tiling,
                    std::vector<Candidate>& candidates) {
  const compiler::FieldLimits limits;
  if (!fields_hold(problem, tiling, arch, limits)) return;
  const auto loaded = static_cast<double>(loaded_positions(tiling.rows, problem.rows) *
                                          loaded_positions(tiling.columns, problem.columns));
  for (const auto order : {compiler::LoopOrder::kWeightsOuter, compiler::LoopOrder::kPixelsOuter}) {
    tiling.order = order;
    if (!assign_slots(problem, arch, 2, tiling)) continue;
    const auto traffic = tiling_traffic(problem, tiling, loaded, arch);
    for (const auto flow : {hw::Dataflow::kWeightStationary, hw::Dataflow::kOutputStationary}) {
      Candidate candidate{tiling, 0, 0};
      candidate.tiling.dataflow = flow;
      if (!accumulators_hold(problem, candidate.tiling, arch)) continue;
      const auto demand = array_demand(problem, candidate.tiling, arch);
      if (demand.results_leave > 0) add_output_slot(problem, candidate.tiling);
      candidate.predicted = joined_cost(traffic, demand, candidate.tiling, arch).objective;
      const double bus = traffic.total_bytes() / arch.dram.bytes_per_cycle;
      candidate.bound = std::max(fewest_array_cycles(problem, flow, arch), bus) + compiler::kDramWeight * bus;
      candidates.push_back(candidate);
    }
  }
}

std::vector<Candidate> all_candidates(const ConvProblem& problem, const hw::ArchConfig& arch) {
  std::vector<Candidate> candidates;
  const auto inputs = problem.depthwise ? std::vector<std::int64_t>{problem.in_channels}
                                        : compiler::tile_candidates(problem.in_channels, arch.pe_array.rows);
  for (const auto rows : compiler::tile_candidates(problem.out_height, arch.pe_array.rows)) {
    for (const auto columns : compiler::tile_candidates(problem.out_width, arch.pe_array.columns)) {
      for (const auto out : compiler::tile_candidates(problem.out_channels, arch.pe_array.columns)) {
        for (const auto in : inputs) {
          ConvTiling tiling;
          tiling.rows = {problem.out_height, rows};
          tiling.columns = {problem.out_width, columns};
          tiling.out_channels = {problem.out_channels, out};
          tiling.in_channels = {problem.in_channels, in};
          add_candidates(problem, arch, tiling, candidates);
        }
      }
    }
  }
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const Candidate& a, const Candidate& b) { return a.predicted < b.predicted; });
  return candidates;
}

struct Searched {
  Judged result;
  double milliseconds = 0;
};
Searched search(const Judge& judge, const hw::ArchConfig& arch, MapperEffort effort) {
  const std::clock_t start = std::clock();  // of the processor: others may use this computer, too
  const auto plan = compiler::plan_conv(judge.problem(), arch, "layer", effort);
  const auto elapsed = static_cast<double>(std::clock() - start);
  return {judge.judge(plan.tiling), 1e3 * elapsed / CLOCKS_PER_SEC};
}

void compare(const Layer& layer, const hw::ArchConfig& arch) {
  const Judge judge(layer, arch);
  const Searched quick = search(judge, arch, MapperEffort::kQuick);
  const Searched thorough = search(judge, arch, MapperEffort::kThorough);
  const auto candidates = all_candidates(judge.problem(), arch);
  Judged best = thorough.result;
  std::size_t judged = 0;
  std::size_t left = 0;
  for (const Candidate& candidate : candidates) {
    if (candidate.bound >= best.objective) continue;
    if (judged == kMostJudged) {
      ++left;
      continue;
    }
    ++judged;
    const Judged found = judge.judge(candidate.tiling);
    if (found.objective < best.objective) best = found;
  }
  const auto above = [&](const Judged& found) { return 100 * (found.objective / best.objective - 1); };
  fmt::print("{:<18} {:>9.0f} {:>7.2f} % {:>7.2f} {:>9.0f} {:>7.2f} % {:>7.2f} {:>9.0f} {:>8} {:>7} {:>7}\n",
             layer.name, quick.result.cycles, above(quick.result), quick.milliseconds, thorough.result.cycles,
             above(thorough.result), thorough.milliseconds, best.cycles, candidates.size(), judged, left);
  std::fflush(stdout);
}

int run() {
  const auto arch = hw::load_arch(sim::config_root() / "arch" / "squeezelerator_16x16.json");
  fmt::print("{:<18} {:>9} {:>9} {:>7} {:>9} {:>9} {:>7} {:>9} {:>8} {:>7} {:>7}\n", "layer", "quick",
             "above", "ms", "thorough", "above", "ms", "best", "tilings", "run", "not run");
  for (const Layer& layer : kLayers) compare(layer, arch);
  return 0;
}

}  // namespace
}  // namespace npu::bench

int main() {
  try {
    return npu::bench::run();
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_mapper: {}\n", error.what());
    return 1;
  }
}
