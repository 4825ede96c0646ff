#include "sim/cli/network_source.h"

#include <fmt/ranges.h>

#include <filesystem>

#include "compiler/import/onnx_import.h"
#include "hw/common/error.h"
#include "workloads/networks.h"

namespace npu::sim {
namespace {

namespace fs = std::filesystem;

compiler::Graph import_file(const std::string& network) {
  const fs::path path = network;
  if (path.extension() != ".onnx") {
    throw InputError("network " + network,
                     fmt::format("unknown; expected one of {} or the path of an .onnx file",
                                 fmt::join(workloads::network_names(), ", ")));
  }
  return compiler::import_onnx(path);
}

}  // namespace

compiler::InputNormalisation built_in_normalisation() {
  return {{127.5F, 127.5F, 127.5F}, {64.0F, 64.0F, 64.0F}, false};
}

bool is_built_in(const std::string& network) { return workloads::is_network(network); }

LoadedNetwork load_network(const std::string& network, std::uint64_t seed) {
  LoadedNetwork loaded;
  if (is_built_in(network)) {
    loaded.graph = workloads::build_network(network, seed);
    loaded.source = fmt::format("built-in with random weights, seed {}", seed);
    loaded.normalisation = built_in_normalisation();
    loaded.built_in = true;
    return loaded;
  }
  loaded.graph = import_file(network);
  loaded.source = network;
  bool found = false;
  const auto normalisation = compiler::load_normalisation(network, &found);
  if (found) loaded.normalisation = normalisation;
  return loaded;
}

compiler::Graph load_outline(const std::string& network) {
  return is_built_in(network) ? workloads::outline_network(network) : import_file(network);
}

}  // namespace npu::sim
