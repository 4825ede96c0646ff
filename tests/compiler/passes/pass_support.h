// What the tests of single passes share: run one, verify its result, compare the network's function.
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "compiler/passes/passes.h"
#include "tests/compiler/graph/graph_maker.h"
#include "tests/compiler/graph/naive_evaluator.h"

namespace npu::tests {

inline constexpr double kTolerance = 1e-6;  ///< relative, between outputs before and behind a pass
inline constexpr float kInfinity = std::numeric_limits<float>::infinity();

using Pass = compiler::Graph (*)(compiler::Graph graph);
using Names = std::vector<std::string>;

/// Runs the pass, verifies its result and CHECKs that outputs are the same on three random inputs.
compiler::Graph check_pass(Pass pass, const compiler::Graph& before);

/// operator_name of every node, in order.
Names operators(const compiler::Graph& graph);

/// Random weights [out][in / groups][kernel][kernel] and biases.
compiler::ConvOp random_conv(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride,
                             std::int64_t pad, std::int64_t groups, TestRandom& random);

compiler::BatchNormOp random_norm(std::int64_t channels, TestRandom& random);

/// What importing "x * scale + bias" makes.
compiler::BatchNormOp plain_affine(compiler::FloatArray scale, compiler::FloatArray bias);

const compiler::ConvOp& conv_at(const compiler::Graph& graph, std::size_t index);

}  // namespace npu::tests
