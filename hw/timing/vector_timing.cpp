#include "hw/timing/vector_timing.h"

#include <algorithm>

#include "hw/timing/bank_conflicts.h"
#include "hw/timing/vector_work.h"
#include "hw/timing/window_positions.h"

namespace npu::hw {
namespace {

constexpr std::int64_t kMultiplierBytes = 4;  ///< entry of the average pool's table

}  // namespace

VectorWork vector_work(const Vector& vector) {
  VectorWork work;
  const std::int64_t pixels = vector.out_height * vector.out_width;
  work.outputs = pixels * vector.channels;
  switch (static_cast<VectorOp>(vector.operation)) {
    case VectorOp::kAdd:
      work.operands = 2 * work.outputs;
      work.operand_pairs = work.outputs;
      break;
    case VectorOp::kRescale:
      work.operands = work.operand_pairs = work.outputs;
      break;
    case VectorOp::kTable:
      work.operands = work.operand_pairs = work.outputs;
      work.table_lookups = work.outputs;
      work.table_entry_bytes = 1;
      break;
    case VectorOp::kMaxPool:
    case VectorOp::kAveragePool:
      work.operands = vector.channels *
                      positions_read({vector.out_height, vector.kernel_height, vector.stride_height,
                                      vector.pad_top, vector.in_height},
                                     1) *
                      positions_read({vector.out_width, vector.kernel_width, vector.stride_width,
                                      vector.pad_left, vector.in_width},
                                     1);
      work.operand_pairs = work.operands;
      work.table_lookups = vector.use_table != 0 ? pixels : 0;
      work.table_entry_bytes = kMultiplierBytes;
      break;
  }
  return work;
}

Cycles vector_cycles(const Vector& vector, const ArchConfig& arch) {
  const VectorWork work = vector_work(vector);
  const auto port = [&](std::int64_t elements) {
    return ceil_div(elements * arch.data.activation_bytes(), arch.global_buffer.width_bytes);
  };
  const Cycles lanes = ceil_div(work.operand_pairs, arch.vector_unit.lanes);
  const Cycles table = ceil_div(work.table_lookups * work.table_entry_bytes, arch.weight_sram.width_bytes);
  const Cycles cycles = std::max({lanes, port(work.operands), port(work.outputs), table});
  return cycles + bank_conflict_cycles(port(work.operands), port(work.outputs), cycles, arch.global_buffer) +
         kVectorStages;
}

std::int64_t vector_operations(const Vector& vector) {
  const VectorWork work = vector_work(vector);
  switch (static_cast<VectorOp>(vector.operation)) {
    case VectorOp::kAdd:  // two multiplies and one add; shift and clamp are part of the output
      return 3 * work.outputs;
    case VectorOp::kRescale:
    case VectorOp::kTable:
      return work.outputs;
    case VectorOp::kMaxPool:  // one compare per real pixel
      return work.operands;
    case VectorOp::kAveragePool:  // one add per real pixel, one multiply per output
      return work.operands + work.outputs;
  }
  return 0;
}

}  // namespace npu::hw
