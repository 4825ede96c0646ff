// Tiling of vector-unit layers (add, rescale, pools): row bands by channel slices, double buffered.
#pragma once

#include <cstdint>
#include <string>

#include "compiler/schedule/tile_axis.h"
#include "hw/arch/arch_config.h"

namespace npu::compiler {

/// Element-wise work has kernel = stride = 1 along both axes.
struct VectorProblem {
  WindowAxis rows;
  WindowAxis columns;
  std::int64_t out_height = 1;
  std::int64_t out_width = 1;
  std::int64_t channels = 1;
  std::int64_t images = 1;    ///< each with the extents above; predicted_cycles is for all of them
  std::int64_t operands = 1;  ///< 2 for add
  bool dense = true;          ///< all feature maps are contiguous in DRAM
};

struct VectorTiling {
  TileAxis rows, columns, channels;
  std::int64_t slots = 1;      ///< of each operand and of the output
  Bytes input_slot_bytes = 0;  ///< of one operand
  Bytes output_slot_bytes = 0;
  double predicted_cycles = 0;
};

/// Fewest predicted cycles (bus time plus exposed first load and last store). Throws CapacityError (a buffer
/// is too small for one pixel of one channel), GraphError (the fields of the instruction are).
VectorTiling plan_vector(const VectorProblem& problem, const hw::ArchConfig& arch, const std::string& layer);

}  // namespace npu::compiler
