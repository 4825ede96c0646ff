// Independent oracle of the float graph: definitions of the operators written out in double precision, no
// library.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "compiler/graph/graph.h"

namespace npu::tests {

/// Every value of the graph, [channel][row][column].
std::map<std::string, std::vector<double>> evaluate_naively(const compiler::Graph& graph,
                                                            std::span<const float> input);

}  // namespace npu::tests
