// Quantised graph -> program: schedule, allocate, emit, insert tokens, verify.
#pragma once

#include "compiler/quant/quantized_graph.h"
#include "hw/arch/arch_config.h"
#include "hw/isa/program.h"

namespace npu::compiler {

struct CompileOptions {
  bool keep_activations =
      false;  ///< no reuse of DRAM between feature maps: every tensor can be inspected afterwards
};

/// The result has passed hw::verify. Throws GraphError (layer cannot run on this machine) or CapacityError.
hw::Program compile(const QuantizedGraph& graph, const hw::ArchConfig& arch,
                    const CompileOptions& options = {});

/// The instructions that compile() makes of a network of these shapes, without constants, hashes, texts for
/// people or verification: for estimates only, no engine can compute with it. `shapes`: of shape_graph or
/// quantize; its element widths are not looked at. Throws as compile does.
hw::Program compile_shapes(const QuantizedGraph& shapes, const hw::ArchConfig& arch);

}  // namespace npu::compiler
