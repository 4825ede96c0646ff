// Quantised graph -> program: schedule, allocate, emit, insert tokens, verify.
#pragma once

#include "compiler/quant/quantized_graph.h"
#include "compiler/schedule/plan_cache.h"
#include "hw/arch/arch_config.h"
#include "hw/isa/program.h"

namespace npu::compiler {

/// Largest batch a program can be compiled for.
inline constexpr std::int64_t kMaxImages = 1024;

struct CompileOptions {
  MapperEffort mapper = MapperEffort::kThorough;
  bool keep_activations =
      false;  ///< no reuse of DRAM between feature maps: every tensor can be inspected afterwards
  std::int64_t images = 1;  ///< that one run processes; they share the weights that are on chip
};

/// The result has passed hw::verify. Throws GraphError (layer cannot run on this machine), CapacityError, or
/// InputError (`images` is not 1 to kMaxImages).
hw::Program compile(const QuantizedGraph& graph, const hw::ArchConfig& arch,
                    const CompileOptions& options = {});

/// The instructions that compile() makes of a network of these shapes, without constants, verification and,
/// unless `described`, hashes and texts for people: for estimates only, no engine can compute with it.
/// `shapes`: of shape_graph or quantize; its element widths are not looked at. `plans`: of the same machine,
/// empty or from earlier calls. Throws as compile does.
hw::Program compile_shapes(const QuantizedGraph& shapes, const hw::ArchConfig& arch, PlanCache& plans,
                           bool described = false, std::int64_t images = 1);

}  // namespace npu::compiler
