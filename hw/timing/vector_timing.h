// Cycles of the vector unit for one VECTOR instruction.
#pragma once

#include "hw/arch/arch_config.h"
#include "hw/common/units.h"
#include "hw/isa/instruction.h"

namespace npu::hw {

/// Register stages of the vector unit: operand read, multiply, add or compare, shift with rounding, clamp and
/// write.
inline constexpr Cycles kVectorStages = 5;

/// Element-wise work: ceil(elements / lanes) per operand pair; pooling: one operand element per lane and
/// cycle (window taps x outputs / lanes); bounded below by the global buffer's width. Includes the pipeline
/// fill.
Cycles vector_cycles(const Vector& vector, const ArchConfig& arch);

/// Elementary operations (adds, compares, multiplies) the instruction performs, for energy.
std::int64_t vector_operations(const Vector& vector);

}  // namespace npu::hw
