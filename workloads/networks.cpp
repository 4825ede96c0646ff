// The table of built-in networks: a variant is a row of parameters for its family's generator.
#include "workloads/networks.h"

#include <fmt/format.h>

#include <array>
#include <variant>

#include "hw/common/error.h"
#include "workloads/mobilenet_v2.h"
#include "workloads/squeezenext.h"

namespace npu::workloads {
namespace {

using Parameters = std::variant<SqueezeNextParameters, MobileNetV2Parameters>;

struct Entry {
  const char* name;
  const char* description;
  Parameters parameters;
};

constexpr std::array<Entry, 8> kNetworks{{
    {"sqnxt_23_1.0", "SqueezeNext 23, first version: 0.72 M parameters, 278 M MACs, 3x227x227",
     SqueezeNextParameters{{6, 6, 8, 1}, 7, 1, 100, false}},
    {"sqnxt_23v2_1.0", "SqueezeNext 23 v2, 5x5 stem: 0.73 M parameters, 225 M MACs, 3x227x227",
     SqueezeNextParameters{{6, 6, 8, 1}, 5, 1, 100, true}},
    {"sqnxt_23v3_1.0", "SqueezeNext 23 v3, blocks 4-8-8-1: 0.75 M parameters, 225 M MACs, 3x227x227",
     SqueezeNextParameters{{4, 8, 8, 1}, 5, 1, 100, true}},
    {"sqnxt_23v4_1.0", "SqueezeNext 23 v4, blocks 2-10-8-1: 0.76 M parameters, 225 M MACs, 3x227x227",
     SqueezeNextParameters{{2, 10, 8, 1}, 5, 1, 100, true}},
    {"sqnxt_23v5_1.0", "SqueezeNext 23 v5, blocks 2-4-14-1: 0.93 M parameters, 225 M MACs, 3x227x227",
     SqueezeNextParameters{{2, 4, 14, 1}, 5, 1, 100, true}},
    {"sqnxt_g23_1.0",
     "SqueezeNext 23 with convolutions in 2 groups: 0.54 M parameters, 224 M MACs, 3x227x227",
     SqueezeNextParameters{{6, 6, 8, 1}, 7, 2, 100, false}},
    {"sqnxt_23_2.0", "SqueezeNext 23 at twice the width: 2.4 M parameters, 742 M MACs, 3x227x227",
     SqueezeNextParameters{{6, 6, 8, 1}, 7, 1, 200, false}},
    {"mobilenet_v2_1.0", "MobileNet v2 at width 1.0: 3.5 M parameters, 301 M MACs, 3x224x224",
     MobileNetV2Parameters{100}},
}};

compiler::Graph build(const std::string& name, const SqueezeNextParameters& parameters, std::uint64_t seed) {
  return build_squeezenext(name, parameters, seed);
}
compiler::Graph build(const std::string& name, const MobileNetV2Parameters& parameters, std::uint64_t seed) {
  return build_mobilenet_v2(name, parameters, seed);
}

const Entry& find_entry(const std::string& name) {
  for (const Entry& entry : kNetworks) {
    if (name == entry.name) {
      return entry;
    }
  }
  throw InputError(
      fmt::format("network '{}'", name),
      fmt::format("no built-in network has this name; known: {}", fmt::join(network_names(), ", ")));
}

}  // namespace

std::vector<std::string> network_names() {
  std::vector<std::string> names;
  for (const Entry& entry : kNetworks) {
    names.emplace_back(entry.name);
  }
  return names;
}

std::string describe_network(const std::string& name) { return find_entry(name).description; }

compiler::Graph build_network(const std::string& name, std::uint64_t seed) {
  const Entry& entry = find_entry(name);
  return std::visit([&](const auto& parameters) { return build(name, parameters, seed); }, entry.parameters);
}

}  // namespace npu::workloads
