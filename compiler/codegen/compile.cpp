#include "compiler/codegen/compile.h"

#include <fmt/core.h>

#include <type_traits>

#include "compiler/codegen/dram_layout.h"
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

void emit(ProgramBuilder& builder, const QNode& node) {
  std::visit(
      [&](const auto& op) {
        using Op = std::decay_t<decltype(op)>;
        if constexpr (std::is_same_v<Op, QConv>) {
          emit_conv(builder, node, op);
        } else if constexpr (std::is_same_v<Op, QAdd>) {
          emit_add(builder, node, op);
        } else if constexpr (std::is_same_v<Op, QRescale>) {
          emit_rescale(builder, node, op);
        } else if constexpr (std::is_same_v<Op, QMaxPool>) {
          emit_max_pool(builder, node, op);
        } else if constexpr (std::is_same_v<Op, QAveragePool>) {
          emit_average_pool(builder, node, op);
        } else {
          static_assert(std::is_same_v<Op, QConcat>);  // its inputs are views of its output: no instruction
        }
      },
      node.op);
}

}  // namespace

hw::Program compile(const QuantizedGraph& graph, const hw::ArchConfig& arch, const CompileOptions& options) {
  check_formats(graph, arch);
  if (options.images < 1 || options.images > kMaxImages) {
    throw InputError("batch", fmt::format("found {} images, expected 1 to {}", options.images, kMaxImages));
  }
  PlanCache plans(arch, options.mapper);
  ProgramBuilder builder(
      graph, arch, plan_dram(graph, arch.data.activation_bytes(), options.images, options.keep_activations),
      plans);
  for (const auto& node : graph.nodes) emit(builder, node);
  return builder.finish();
}

hw::Program compile_shapes(const QuantizedGraph& shapes, const hw::ArchConfig& arch, PlanCache& plans,
                           bool described, std::int64_t images) {
  ProgramBuilder builder(shapes, arch, plan_dram(shapes, arch.data.activation_bytes(), images, false), plans,
                         described ? ProgramContent::kDescribedShapes : ProgramContent::kShapes);
  for (const auto& node : shapes.nodes) emit(builder, node);
  return builder.finish();
}

}  // namespace npu::compiler
