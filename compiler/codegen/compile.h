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

}  // namespace npu::compiler
