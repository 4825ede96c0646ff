// How an output-stationary convolution is laid over the array: blocks of output pixels, groups of filters,
// the pixels a block needs. Shared by the cycle formula and the access counts, so that both count the same
// loads.
#pragma once

#include <array>

#include "hw/arch/arch_config.h"
#include "hw/timing/conv_phases.h"
#include "hw/timing/conv_timing.h"
#include "hw/timing/pieces.h"

namespace npu::hw {

/// One block of output pixels computed for one group of filters, and how often this kind of step occurs.
struct OsStep {
  std::int64_t block_rows = 0;     ///< output rows of the block, <= array rows
  std::int64_t block_columns = 0;  ///< output columns of the block, <= array columns
  std::int64_t filters = 0;        ///< filters that share each loaded pixel, <= register file entries
  std::int64_t channels = 0;  ///< input channels accumulated in the step: all of the tile; depthwise: one
  std::int64_t count = 0;     ///< how often the step occurs in the instruction
};

/// How the work is cut: [0] whole pieces, [1] the rest. The array takes blocks row by row, and each block
/// through all groups of filters.
struct OsLayout {
  std::array<Piece, 2> rows;
  std::array<Piece, 2> columns;
  std::array<Piece, 2> filters;
};
constexpr OsLayout os_layout(const ConvWork& work, const PeArrayConfig& array) {
  return {cut(work.out_height, array.rows), cut(work.out_width, array.columns),
          cut(work.out_channels, work.depthwise ? 1 : array.register_file_entries)};
}

/// Calls `visit(const OsStep&)` for every kind of step that occurs (at most 8).
template <class Visitor>
void for_each_os_step(const ConvWork& work, const PeArrayConfig& array, Visitor&& visit) {
  const OsLayout layout = os_layout(work, array);
  const std::int64_t channels = work.depthwise ? 1 : work.in_channels;
  for (const Piece& rows : layout.rows) {
    for (const Piece& columns : layout.columns) {
      for (const Piece& filters : layout.filters) {
        const std::int64_t count = rows.count * columns.count * filters.count;
        if (count > 0) visit(OsStep{rows.size, columns.size, filters.size, channels, count});
      }
    }
  }
}

/// Positions within one stride that the taps touch: each needs its own load of the block (a stride-2 3x3
/// needs 4).
constexpr std::int64_t stride_phases(const ConvWork& work) {
  return (work.kernel_height < work.stride_height ? work.kernel_height : work.stride_height) *
         (work.kernel_width < work.stride_width ? work.kernel_width : work.stride_width);
}

/// Input pixels of one channel that a block needs, halo included.
constexpr std::int64_t block_input_pixels(const ConvWork& work, const OsStep& step) {
  const auto extent = [](std::int64_t outputs, std::int64_t stride, std::int64_t kernel) {
    return (outputs - 1) * (stride < kernel ? stride : kernel) + kernel;
  };
  return extent(step.block_rows, work.stride_height, work.kernel_height) *
         extent(step.block_columns, work.stride_width, work.kernel_width);
}

/// conv_phases where results of one instruction leave behind the loads of the next.
ConvPhases output_stationary_phases(const ConvWork& work, const ArchConfig& arch);

/// One output pixel: the PEs hold outputs of different channels, see matrix_vector.cpp.
constexpr bool is_matrix_vector(const ConvWork& work) {
  return work.dataflow == Dataflow::kOutputStationary && !work.depthwise && work.out_height == 1 &&
         work.out_width == 1;
}
ConvCycles matrix_vector_cycles(const ConvWork& work, const ArchConfig& arch);

/// Weights broadcast in one step: channels x taps x filters, less the zeros that are skipped (rounded down,
/// so never too few remain).
std::int64_t broadcasts(const ConvWork& work, const OsStep& step, const PeArrayConfig& array);

}  // namespace npu::hw
