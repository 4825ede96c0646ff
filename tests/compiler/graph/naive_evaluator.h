// Runs a float graph in plain loops and double precision, one formula per operator: the oracle for import and
// passes. Independent of the float runtime and of the generators' evaluator.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "compiler/graph/graph.h"
#include "tests/support.h"

namespace npu::tests {

/// Every value by name, [channel][row][column].
using Values = std::map<std::string, std::vector<double>>;

Values evaluate_all(const compiler::Graph& graph, const std::vector<double>& input);

/// The output alone.
std::vector<double> evaluate(const compiler::Graph& graph, const std::vector<double>& input);

/// Uniform in [-1, 1].
std::vector<double> random_input(const compiler::MapShape& shape, TestRandom& random);
compiler::FloatArray random_array(std::int64_t count, TestRandom& random, float low = -1, float high = 1);

/// Largest difference of elements relative to the largest magnitude of `expected` (or 1).
double relative_difference(const std::vector<double>& expected, const std::vector<double>& found);

}  // namespace npu::tests
