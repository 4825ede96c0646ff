// Time without the layers that a machine's description leaves out (execution.vector_layers): published
// figures count convolutions only. Layers run one at a time there, so that each has an interval of its own;
// the intervals of left-out layers are cut out of every unit's time.
#pragma once

#include "hw/arch/arch_config.h"
#include "hw/isa/program.h"
#include "hw/modules/trace.h"

namespace npu::sim {

/// Residual adds, pools and rescales.
bool is_vector_layer(const hw::LayerSymbol& layer);

/// The trace as if vector layers took no time and moved nothing: their instructions count as not executed,
/// and what other units waited during them is gone. Meaningful where layers do not overlap.
hw::MachineTrace without_vector_layers(const hw::Program& program, const hw::ArchConfig& arch,
                                       const hw::MachineTrace& trace);

}  // namespace npu::sim
