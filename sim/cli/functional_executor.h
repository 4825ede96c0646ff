// Lets the recipe run whole quantised networks on the functional engine: the integers of the interpreter, a
// few hundred times faster.
#pragma once

#include "compiler/refine/recipe.h"
#include "hw/arch/arch_config.h"

namespace npu::sim {

/// Compiles each graph for `arch`, which must outlive the executor, and runs it with `threads` engines.
/// Throws as compile() does where the machine cannot hold the network.
compiler::GraphExecutor functional_executor(const hw::ArchConfig& arch, int threads);

}  // namespace npu::sim
