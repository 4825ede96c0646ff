// VECTOR in plain loops, any widths and rounding: residual add, rescale, maximum and average pooling, table
// lookup. The rule that the fast paths are proved equal to.
#pragma once

#include <cstdint>

#include "hw/isa/instruction.h"
#include "hw/isa/program.h"
#include "hw/kernels/memory_view.h"
#include "hw/kernels/tile.h"
#include "hw/numerics/output_stage.h"

namespace npu::hw {

/// Executes one VECTOR into `output`. Returns the number of outputs cut by the type's range.
std::int64_t vector_scalar(const Vector& vector, const MachineFormat& format, const MemoryView& memory,
                           const OutputTile& output);

/// Operands in the global buffer.
inline InputTile operand_a(const Vector& vector, const MemoryView& memory) {
  return {memory.global_buffer.data() + vector.a_address, vector.a_row_stride, vector.a_pixel_stride};
}
inline InputTile operand_b(const Vector& vector, const MemoryView& memory) {
  return {memory.global_buffer.data() + vector.b_address, vector.b_row_stride, vector.b_pixel_stride};
}

/// The output stage as the instruction gives it; the multiplier is operand a's.
OutputStage output_stage_of(const Vector& vector);

/// The real pixels of one pooling window: rows [row_begin, row_end) and columns [column_begin, column_end).
struct PoolWindow {
  std::int64_t row_begin = 0;
  std::int64_t row_end = 0;
  std::int64_t column_begin = 0;
  std::int64_t column_end = 0;

  std::int64_t count() const { return (row_end - row_begin) * (column_end - column_begin); }
};

/// Window of output pixel (row, column). NPU_CHECK: it contains a real pixel.
PoolWindow pool_window(const Vector& vector, std::int64_t row, std::int64_t column);

/// Multiplier of an average pool's window of `count` real pixels.
std::uint32_t average_multiplier(const Vector& vector, std::int64_t count, const MemoryView& memory);

}  // namespace npu::hw
