// Tiling of vector-unit layers (add, rescale, pools): row bands by channel slices, double buffered.
#pragma once

#include <cstdint>
#include <optional>
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
  std::int64_t images = 1;            ///< each with the extents above; predicted_cycles is for all of them
  std::int64_t operands = 1;          ///< 2 for add
  bool dense = true;                  ///< all feature maps are contiguous in DRAM
  std::int64_t operands_on_chip = 0;  ///< that lie in the global buffer whole
  bool output_on_chip = false;
  Bytes map_room_bytes = 0;  ///< of the global buffer for tiles; 0: all of it
};

struct VectorTiling {
  TileAxis rows, columns, channels;
  std::int64_t slots = 1;      ///< of each operand and of the output
  Bytes input_slot_bytes = 0;  ///< of one operand that is loaded
  Bytes output_slot_bytes = 0;
  double predicted_cycles = 0;
  double dram_bytes = 0;  ///< bus bytes
};

/// None if nothing fits.
std::optional<VectorTiling> find_vector_plan(const VectorProblem& problem, const hw::ArchConfig& arch);

/// Fewest predicted cycles (bus time plus exposed first load and last store). Throws CapacityError (a buffer
/// is too small for one pixel of one channel), GraphError (the fields of the instruction are).
VectorTiling plan_vector(const VectorProblem& problem, const hw::ArchConfig& arch, const std::string& layer);

}  // namespace npu::compiler
