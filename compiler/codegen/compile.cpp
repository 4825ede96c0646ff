#include "compiler/codegen/compile.h"

#include <fmt/core.h>

#include "compiler/codegen/program_builder.h"
#include "hw/common/error.h"

namespace npu::compiler {
namespace {

// The quantised graph must have been made for this machine's number formats.
void check_formats(const QuantizedGraph& graph, const hw::ArchConfig& arch) {
  const auto check = [&](const char* what, int found, int expected) {
    if (found != expected) {
      throw GraphError(graph.name,
                       fmt::format("quantised for {} {}, the machine has {}", what, found, expected));
    }
  };
  check("weight bits", graph.weight_bits, arch.data.weight_bits);
  check("activation bits", graph.activation_bits, arch.data.activation_bits);
  check("accumulator bits", graph.accumulator_bits, arch.data.accumulator_bits);
  check("rounding rule", static_cast<int>(graph.rounding), static_cast<int>(arch.compounding.rounding));
  if (graph.shift_bits > arch.compounding.shift_bits) {
    throw GraphError(graph.name,
                     fmt::format("quantised with {}-bit equalising shifts, the machine has {} bits",
                                 graph.shift_bits, arch.compounding.shift_bits));
  }
}

void emit(ProgramBuilder& builder, const std::vector<LayerWork>& layers) {
  for (std::size_t index = 0; index < layers.size(); ++index) {
    const auto& op = layers[index].node->op;
    if (std::holds_alternative<QConcat>(op)) continue;  // its inputs are views of its output: no instruction
    builder.enter(index);
    if (std::holds_alternative<QConv>(op)) {
      emit_conv(builder, layers[index], index);
    } else {
      emit_vector(builder, layers[index], index);
    }
  }
}

}  // namespace

hw::Program compile(const QuantizedGraph& graph, const hw::ArchConfig& arch, const CompileOptions& options) {
  check_formats(graph, arch);
  if (options.images < 1 || options.images > kMaxImages) {
    throw InputError("batch", fmt::format("found {} images, expected 1 to {}", options.images, kMaxImages));
  }
  PlanCache plans(arch, options.mapper);
  const NetworkPlan network = plan_network(graph, arch, options.images, options.keep_activations, plans);
  ProgramBuilder builder(graph, arch, network, plans);
  emit(builder, network.layers);
  return builder.finish();
}

hw::Program compile_shapes(const QuantizedGraph& shapes, const hw::ArchConfig& arch, PlanCache& plans,
                           bool described, std::int64_t images) {
  const NetworkPlan network = plan_network(shapes, arch, images, false, plans);
  ProgramBuilder builder(shapes, arch, network, plans,
                         described ? ProgramContent::kDescribedShapes : ProgramContent::kShapes);
  emit(builder, network.layers);
  return builder.finish();
}

}  // namespace npu::compiler
