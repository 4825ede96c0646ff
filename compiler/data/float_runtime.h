// Runs the float graph with oneDNN: calibration, float accuracy, and tests of the passes. Any Graph,
// canonical or not.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "compiler/graph/graph.h"

namespace npu::compiler {

class FloatRuntime {
 public:
  /// Prepares primitives and weights once; `graph` is copied. `threads` work on each operator; 0 takes every
  /// core. With a runtime in each of several threads, or beside other busy processes, 1 is faster: the
  /// threads of one operator wait for each other.
  explicit FloatRuntime(const Graph& graph, int threads = 0);
  ~FloatRuntime();
  FloatRuntime(const FloatRuntime&) = delete;
  FloatRuntime& operator=(const FloatRuntime&) = delete;

  /// Called with every value in execution order (the network input first): name, data [channel][row][column].
  using Observer = std::function<void(const std::string& value, std::span<const float> data)>;

  /// input [channel][row][column]; returns the output value. Not thread-safe: one runtime per thread.
  std::vector<float> run(std::span<const float> input, const Observer& observer = {});

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace npu::compiler
