#include "compiler/data/float_runtime.h"

#include <fmt/core.h>
#include <omp.h>

#include <algorithm>

#include "compiler/data/float_plan.h"
#include "hw/common/error.h"

namespace npu::compiler {
namespace {

/// Threads of OpenMP, which oneDNN uses, for the calling thread and as long as this object lives.
class OperatorThreads {
 public:
  explicit OperatorThreads(int threads) : before_(omp_get_max_threads()) {
    if (threads > 0) omp_set_num_threads(threads);
  }
  ~OperatorThreads() { omp_set_num_threads(before_); }
  OperatorThreads(const OperatorThreads&) = delete;
  OperatorThreads& operator=(const OperatorThreads&) = delete;

 private:
  int before_;
};

// A value as a dense [channel][row][column] array: its own bytes if it lies that way already, else a
// reordered copy.
class PlainCopy {
 public:
  PlainCopy(const dnnl::memory& value, const MapShape& shape, const dnnl::engine& engine)
      : value_(value), plain_(value), elements_(static_cast<std::size_t>(shape.elements())) {
    const dnnl::memory::desc wanted = plain_desc(shape);
    if (value.get_desc() == wanted) return;
    plain_ = dnnl::memory(wanted, engine);
    reorder_ = dnnl::reorder(value_, plain_);
    needs_reorder_ = true;
  }

  std::span<const float> read(dnnl::stream& stream) {
    if (needs_reorder_) reorder_.execute(stream, value_, plain_);
    stream.wait();
    return {static_cast<const float*>(plain_.get_data_handle()), elements_};
  }

 private:
  dnnl::memory value_;
  dnnl::memory plain_;
  dnnl::reorder reorder_;
  std::size_t elements_;
  bool needs_reorder_ = false;
};

}  // namespace

struct FloatRuntime::State {
  State(const Graph& float_graph, int operator_threads)
      : threads(operator_threads),
        graph(float_graph),
        shapes(infer_shapes(graph)),
        plan(build_float_plan(graph, shapes)),
        stream(plan.engine),
        output(plan.values.at(graph.output), shapes.at(graph.output), plan.engine) {}

  void observe(const std::string& value, const Observer& observer) {
    auto copy = observed.find(value);
    if (copy == observed.end()) {
      copy = observed.emplace(value, PlainCopy(plan.values.at(value), shapes.at(value), plan.engine)).first;
    }
    observer(value, copy->second.read(stream));
  }

  int threads;
  Graph graph;
  ShapeMap shapes;
  FloatPlan plan;
  dnnl::stream stream;
  PlainCopy output;
  std::map<std::string, PlainCopy> observed;  ///< made when an observer first asks
};

FloatRuntime::FloatRuntime(const Graph& graph, int threads) {
  const OperatorThreads limit(threads);
  state_ = std::make_unique<State>(graph, threads);
}
FloatRuntime::~FloatRuntime() = default;

std::vector<float> FloatRuntime::run(std::span<const float> input, const Observer& observer) {
  State& state = *state_;
  const OperatorThreads limit(state.threads);
  const std::int64_t expected = state.graph.input_shape.elements();
  if (static_cast<std::int64_t>(input.size()) != expected) {
    throw InputError(state.graph.input,
                     fmt::format("the network input has {} values, expected {}", input.size(), expected));
  }
  auto* target = static_cast<float*>(state.plan.values.at(state.graph.input).get_data_handle());
  std::copy(input.begin(), input.end(), target);
  if (observer) state.observe(state.graph.input, observer);
  for (const FloatNodePlan& node : state.plan.nodes) {
    for (const FloatStep& step : node.steps) step.primitive.execute(state.stream, step.arguments);
    if (observer) state.observe(node.output, observer);
  }
  const auto result = state.output.read(state.stream);
  return {result.begin(), result.end()};
}

}  // namespace npu::compiler
