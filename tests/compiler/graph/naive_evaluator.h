// Runs a float graph in plain loops and double precision, one formula per operator: the oracle for import and
// passes. Independent of the float runtime and of the generators' evaluator.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "compiler/graph/graph.h"
#include "tests/support.h"

namespace npu::tests {

/// Every value by name, [channel][row][column].
using Values = std::map<std::string, std::vector<double>>;

/// `after` may change each value, the input too, before anything reads it.
using AfterValue = std::function<void(const std::string& value, std::vector<double>& elements)>;
Values evaluate_all(const compiler::Graph& graph, const std::vector<double>& input,
                    const AfterValue& after = {});

/// The output alone.
std::vector<double> evaluate(const compiler::Graph& graph, const std::vector<double>& input);

/// Uniform in [-1, 1].
std::vector<double> random_input(const compiler::MapShape& shape, TestRandom& random);
compiler::FloatArray random_array(std::int64_t count, TestRandom& random, float low = -1, float high = 1);

/// Largest difference of elements relative to the largest magnitude of `expected` (or 1).
double relative_difference(const std::vector<double>& expected, const std::vector<double>& found);

}  // namespace npu::tests
