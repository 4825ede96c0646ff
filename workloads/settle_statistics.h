// Gives a randomly initialised network the batch-norm statistics that training would have given it: those of
// its own activations, on synthetic inputs. Without this the activations of a deep random network vanish,
// explode, or stop depending on the input. The arithmetic is IEEE single and double precision in a fixed
// order (this folder is compiled without contraction into fused multiply-adds), so that every system finds
// the same numbers.
#pragma once

#include <cstdint>

#include "compiler/graph/graph.h"

namespace npu::workloads {

/// Runs `graph` on a few small synthetic inputs. Each batch norm gets the mean and variance of its input, per
/// channel, as it is reached. A fully connected layer, and a convolution with bias, which must be a
/// classifier's score maps, gets weights scaled so that its outputs spread over several units, and a bias
/// that centres them (hidden layers, in front of an activation: about one unit around one). Only operators of
/// the built-in networks are known.
void settle_statistics(compiler::Graph& graph, std::uint64_t seed);

}  // namespace npu::workloads
