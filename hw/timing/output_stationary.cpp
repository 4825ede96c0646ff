// Output-stationary cycles. The array holds a block of output pixels, one per PE. For each group of n <=
// register file entries filters, and each input channel: the channel's pixels enter from the top, one block
// row per cycle and stride phase; then every cycle one weight is broadcast and every PE multiplies the pixel
// it holds, pixels moving to the neighbour from tap to tap and the halo entering at the array's edge.
// Finished sums leave at the bottom of the columns one block row per step, from a second bank of the register
// file whose ports are free only while pixels load: so a group's results leave behind the pixel loads of the
// next group, and only what does not fit there costs time.
//   group       = channels * (taps * n + rows * phases) + max(0, n * rows - channels * rows * phases)
//   instruction = all groups, the last one's results exposed, + compounding stages
// Skipped zero weights are not broadcast. With split reductions, leaving sums are added into the accumulator
// store through its read and write ports. Source of the structure: arXiv 1804.10642; docs/timing_model.md
// derives it.
#include "hw/timing/output_stationary.h"

#include "hw/timing/dataflow_timing.h"

namespace npu::hw {
namespace {

struct StepCycles {
  Cycles compute = 0;
  Cycles preload = 0;
  Cycles bandwidth = 0;
  Cycles drain = 0;         ///< results leaving, one block row per cycle
  Cycles drain_slowed = 0;  ///< results leaving at the pace of the slowest port
  Cycles load_slots = 0;    ///< cycles of pixel loading, behind which results may leave
};

StepCycles step_cycles(const ConvWork& work, const OsStep& step, const ArchConfig& arch) {
  StepCycles cycles;
  const int activation_bytes = arch.data.activation_bytes();
  const Cycles per_weight = port_cycles(1, arch.data.weight_bytes(), arch.weight_sram.width_bytes);
  cycles.compute = broadcasts(work, step, arch.pe_array);
  const std::int64_t row_loads = step.channels * step.block_rows * stride_phases(work);
  const Cycles per_row = port_cycles(step.block_columns, activation_bytes, arch.global_buffer.width_bytes);
  cycles.preload = row_loads;
  cycles.load_slots = row_loads * per_row;
  const std::int64_t halo_pixels = std::max<std::int64_t>(
      0, block_input_pixels(work, step) - step.block_rows * step.block_columns * stride_phases(work));
  const Cycles halo =
      step.channels * port_cycles(halo_pixels, activation_bytes, arch.global_buffer.width_bytes);
  const Cycles broadcast = cycles.compute * per_weight;
  cycles.bandwidth =
      (broadcast - cycles.compute) + (cycles.load_slots - row_loads) + std::max<Cycles>(0, halo - broadcast);
  cycles.drain = step.filters * step.block_rows;
  cycles.drain_slowed =
      cycles.drain * sums_out_cycles(step.block_columns, !work.first || !work.last, work.last, arch);
  return cycles;
}

}  // namespace

ConvCycles output_stationary_cycles(const ConvWork& work, const ArchConfig& arch) {
  ConvCycles total;
  Cycles last_drain = 0;
  Cycles last_drain_slowed = 0;
  for_each_os_step(work, arch.pe_array, [&](const OsStep& step) {
    const StepCycles cycles = step_cycles(work, step, arch);
    total.compute += step.count * cycles.compute;
    total.preload += step.count * cycles.preload;
    total.bandwidth += step.count * cycles.bandwidth;
    const Cycles exposed = std::max<Cycles>(0, cycles.drain - cycles.load_slots);
    const Cycles exposed_slowed = std::max<Cycles>(0, cycles.drain_slowed - cycles.load_slots);
    total.drain += step.count * exposed;
    total.bandwidth += step.count * (exposed_slowed - exposed);
    last_drain = cycles.drain - exposed;
    last_drain_slowed = cycles.drain_slowed - exposed_slowed;
  });
  // Behind the last step nothing loads: all of its results are exposed.
  total.drain += last_drain + (work.last ? kCompoundingStages : 0);
  total.bandwidth += last_drain_slowed - last_drain;
  return total;
}

}  // namespace npu::hw
