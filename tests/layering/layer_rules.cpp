#include "tests/layering/layer_rules.h"

#include <algorithm>
#include <array>

namespace npu::tests {
namespace {

// From the ground up: a folder may include only itself and what stands before it.
constexpr auto kLayers = std::to_array<std::string_view>({
    "hw/common",           //
    "hw/numerics",         //
    "hw/arch",             //
    "hw/isa",              //
    "hw/timing",           //
    "hw/energy",           //
    "hw/kernels",          //
    "hw/modules",          //
    "compiler/graph",      //
    "compiler/import",     //
    "compiler/passes",     //
    "workloads",           //
    "compiler/data",       //
    "compiler/quant",      //
    "compiler/reference",  //
    "compiler/refine",     //
    "compiler/schedule",   //
    "compiler/codegen",    //
    "sim/engines",         //
    "sim/report",          //
    "sim/plot",            //
    "sim/page",            //
    "sim/validate",        //
    "sim/explore",         //
    "sim/golden",          //
    "sim/cli",             //
});

std::ptrdiff_t rank_of(std::string_view layer) {
  return std::find(kLayers.begin(), kLayers.end(), layer) - kLayers.begin();
}

bool inside(std::string_view path, std::string_view folder) {
  return path.starts_with(folder) && path.size() > folder.size() && path[folder.size()] == '/';
}

bool is_systemc(std::string_view include) {
  return include == "systemc" || include == "systemc.h" || include == "tlm" || include == "tlm.h" ||
         include.starts_with("tlm_") || include.starts_with("sysc/");
}

// Arrows that point down but are not wanted either.
bool is_forbidden(std::string_view from, std::string_view to) {
  const bool compiles = inside(from, "compiler") || from == "workloads";
  if (compiles && (to == "hw/kernels" || to == "hw/modules"))
    return true;  // the compiler never runs instructions
  if (from == "workloads" && to != "compiler/graph" && to != "hw/common" && to != from) return true;
  if (from == "sim/engines" && (inside(to, "compiler") || to == "workloads"))
    return true;  // engines see programs
  return false;
}

}  // namespace

std::string layer_of(std::string_view path) {
  for (const auto layer : kLayers) {
    if (inside(path, layer)) return std::string(layer);
  }
  return "";
}

std::string include_fault(std::string_view file, const Include& include) {
  if (is_systemc(include.path)) {
    const bool allowed = inside(file, "hw/modules") || inside(file, "sim/engines/systemc");
    return allowed ? "" : "SystemC is known only to hw/modules and sim/engines/systemc";
  }
  if (include.angled) return "";
  const std::string from = layer_of(file);
  const std::string to = layer_of(include.path);
  if (from.empty()) return "the file belongs to no layer";
  if (to.empty()) return "a quoted include that is no path of a layer from the root";
  if (rank_of(to) > rank_of(from)) return from + " stands below " + to;
  if (is_forbidden(from, to)) return from + " may not know " + to;
  return "";
}

bool is_library(std::string_view file) { return !inside(file, "sim/cli"); }

}  // namespace npu::tests
