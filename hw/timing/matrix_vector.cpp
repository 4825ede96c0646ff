// Output-stationary cycles of an instruction with a single output pixel, that is a fully connected layer. A
// block of one pixel would keep one PE busy; instead every PE holds another output, the input is broadcast
// and each PE needs a weight of its own (as in ShiDianNao, Du et al., ISCA 2015, for classifier layers).
// Weights enter from the top, one row of the array per step, behind the element that is multiplied; results
// leave at the bottom. No weight is shared by PEs, so that zeros cannot be skipped.
//   block = elements * rows used * slowest port + 1 + results leaving, one row per step
// What the ports carry: a row of weights per step; one input element per block and element.
#include <algorithm>

#include "hw/timing/dataflow_timing.h"
#include "hw/timing/output_stationary.h"

namespace npu::hw {

ConvCycles matrix_vector_cycles(const ConvWork& work, const ArchConfig& arch) {
  ConvCycles total;
  const std::int64_t elements = work.in_channels * work.kernel_height * work.kernel_width;
  for (const Piece& block : cut(work.out_channels, arch.pe_array.pe_count())) {
    if (block.count == 0) continue;
    const std::int64_t rows = ceil_div(block.size, arch.pe_array.columns);
    const std::int64_t columns = std::min<std::int64_t>(block.size, arch.pe_array.columns);
    const Cycles per_row = port_cycles(columns, arch.data.weight_bytes(), arch.weight_sram.width_bytes);
    const Cycles input = port_cycles(1, arch.data.activation_bytes(), arch.global_buffer.width_bytes);
    const Cycles element = std::max(rows * per_row, input);
    const Cycles result_row = sums_out_cycles(columns, !work.first || !work.last, work.last, arch);
    total.compute += block.count * elements;
    total.preload += block.count * (elements * (rows - 1) + 1);
    total.bandwidth += block.count * (elements * (element - rows) + rows * (result_row - 1));
    total.drain += block.count * rows;
  }
  if (work.last) total.drain += kCompoundingStages;
  return total;
}

}  // namespace npu::hw
