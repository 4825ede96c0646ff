// Which values share one scale: a maximum pool's output has its input's, and the inputs of a concatenation
// have its output's. Where an input cannot follow, the quantiser rescales a copy of it; scales that are given
// (compiler/graph/given_quantization.h) may be what keeps it from following.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "compiler/graph/graph.h"

namespace npu::compiler {

struct ScaleGroups {
  std::map<std::string, std::string> leader;  ///< value -> the value that stands for its group
  /// Inputs of concatenations that need a copy in the group's scale: (node name, input position).
  std::set<std::pair<std::string, std::size_t>> copies;
  std::set<std::string> rescaled;  ///< maximum pools (by node name) whose output has a scale of its own
  std::map<std::string, AffineScale> given;  ///< leader -> the scale given for a value of its group
};

/// Algorithm (union-find):
///  1. A maximum pool (or identity, flatten) joins its output to its input.
///  2. An input of a concatenation joins its output if nothing else reads it and it can take any scale: it is
///  computed,
///     or it is a maximum pool's output whose own input can.
///  3. Every other input gets a copy: the network's input, a value with other readers (another concatenation,
///  the same
///     one twice, a layer), a maximum pool of such a value.
///  4. Groups with different given scales are never joined: the input of the concatenation gets a copy, the
///  output
///     of the pool is rescaled.
/// Throws GraphError for an identity or a flatten between different scales.
ScaleGroups find_scale_groups(const Graph& canonical);

}  // namespace npu::compiler
