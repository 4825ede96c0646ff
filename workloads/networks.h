// Built-in networks: one generator per family, with reproducible random weights of realistic per-channel
// spread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/graph/graph.h"

namespace npu::workloads {

/// Names accepted by build_network, in the order in which they should be listed.
std::vector<std::string> network_names();

/// One line about a built-in network for lists. Throws npu::InputError as below.
std::string describe_network(const std::string& name);

/// Builds the network as a framework would export it, batch norms unfolded. The same name and seed give the
/// same bytes on every system. Throws npu::InputError listing the known names.
compiler::Graph build_network(const std::string& name, std::uint64_t seed = 1);

/// The same graph with all weights zero, in milliseconds: for shapes, sizes and costs that need no values.
compiler::Graph outline_network(const std::string& name);

}  // namespace npu::workloads
