// Built-in networks: one generator per family, with reproducible random weights of realistic per-channel
// spread.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "compiler/graph/graph.h"

namespace npu::workloads {

/// Names accepted by build_network, in the order in which they should be listed.
std::vector<std::string> network_names();

/// Is it one of network_names(), or a name of squeezenext_name()?
bool is_network(const std::string& name);

/// A SqueezeNext of your own, by a name that build_network knows though it is not listed:
/// sqnxt_s5n_2-4-14-1_1.0 = 5x5 stem, narrow stage starts (n), blocks in each stage, width; _cifar for small
/// images.
struct SqueezeNextShape {
  std::array<int, 4> blocks{};
  int stem_kernel = 5;        ///< odd, 1 to 11
  bool narrow_starts = true;  ///< as in the later variants
  int width_percent = 100;    ///< 25 to 400
  bool small_images = false;
};
std::string squeezenext_name(const SqueezeNextShape& shape);

/// One line about a built-in network for lists. Throws npu::InputError as below.
std::string describe_network(const std::string& name);

/// Builds the network as a framework would export it, batch norms unfolded. The same name and seed give the
/// same bytes on every system. Throws npu::InputError listing the known names.
compiler::Graph build_network(const std::string& name, std::uint64_t seed = 1);

/// The same graph with all weights zero, in milliseconds: for shapes, sizes and costs that need no values.
compiler::Graph outline_network(const std::string& name);

}  // namespace npu::workloads
