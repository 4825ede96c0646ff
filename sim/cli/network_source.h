// Where a network comes from: a built-in name or an ONNX file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "compiler/data/preprocessing.h"
#include "compiler/graph/graph.h"

namespace npu::sim {

struct LoadedNetwork {
  compiler::Graph graph;
  std::string source;  ///< for people
  std::optional<compiler::InputNormalisation> normalisation;
  bool built_in = false;
};

/// Built-in networks have random weights: any sensible normalisation of images will do.
compiler::InputNormalisation built_in_normalisation();

bool is_built_in(const std::string& network);

/// `seed`: of a built-in's weights. Throws InputError (unknown name, listing the known ones) and what import
/// throws.
LoadedNetwork load_network(const std::string& network, std::uint64_t seed);

/// The graph alone, a built-in's without its weights: enough for estimates, in milliseconds.
compiler::Graph load_outline(const std::string& network);

}  // namespace npu::sim
