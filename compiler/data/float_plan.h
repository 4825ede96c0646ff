// A float graph turned into a fixed sequence of oneDNN primitives with prepared weights and preassigned
// memory. Built once by build_float_plan; executed by FloatRuntime. Layouts between primitives are whatever
// oneDNN prefers.
#pragma once

#include <cstdint>
#include <map>
#include <oneapi/dnnl/dnnl.hpp>
#include <string>
#include <unordered_map>
#include <vector>

#include "compiler/graph/graph.h"

namespace npu::compiler {

/// One primitive with its arguments.
struct FloatStep {
  dnnl::primitive primitive;
  std::unordered_map<int, dnnl::memory> arguments;
};

/// The steps of one node, and the value that they compute.
struct FloatNodePlan {
  std::string output;
  std::vector<FloatStep> steps;
};

/// Activations that are never alive at the same time share a buffer; weights own theirs.
struct FloatPlan {
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  std::vector<FloatNodePlan> nodes;            ///< execution order
  std::map<std::string, dnnl::memory> values;  ///< valid until the last node that reads the value has run
  std::vector<dnnl::memory> buffers;           ///< storage that `values` and temporaries point into
};

/// Logical shape {1, channels, height, width} of a value in memory.
dnnl::memory::dims dims_of(const MapShape& shape);
/// The same as a dense [channel][row][column] array.
dnnl::memory::desc plain_desc(const MapShape& shape);

/// Throws GraphError naming a node that oneDNN cannot run.
FloatPlan build_float_plan(const Graph& graph, const ShapeMap& shapes);

}  // namespace npu::compiler
