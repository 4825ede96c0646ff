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

#include <array>

#include "hw/timing/bank_conflicts.h"
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
  if (work.last) {
    // Results of the step before are written while pixels load.
    const Cycles written = cycles.drain * per_row;
    cycles.bandwidth += bank_conflict_cycles(cycles.load_slots, std::min(written, cycles.load_slots),
                                             cycles.load_slots, arch.global_buffer);
  }
  return cycles;
}

/// Adds up steps in the order in which the array takes them.
class Sequence {
 public:
  explicit Sequence(ConvCycles& total) : total_(total) {}

  /// `count` equal steps one after the other.
  void add(const StepCycles& step, std::int64_t count) {
    if (count == 0) return;
    total_.compute += count * step.compute;
    total_.preload += count * step.preload;
    total_.bandwidth += count * step.bandwidth;
    leave_behind(step.load_slots, 1);  // the results of the step before
    leaving_ = step;
    leave_behind(step.load_slots, count - 1);
  }

  /// `count` times the same steps. Only the first time depends on what went before, so two are enough.
  template <class Steps>
  void repeat(std::int64_t count, Steps&& steps) {
    if (count > 0) steps();
    if (count < 2) return;
    const ConvCycles before = total_;
    steps();
    const auto add_again = [&](Cycles ConvCycles::*part) {
      total_.*part += (total_.*part - before.*part) * (count - 2);
    };
    for (const auto part :
         {&ConvCycles::compute, &ConvCycles::preload, &ConvCycles::drain, &ConvCycles::bandwidth}) {
      add_again(part);
    }
  }

  /// Nothing loads behind the last step: all of its results are exposed.
  void finish() { leave_behind(0, 1); }

 private:
  void leave_behind(Cycles load_slots, std::int64_t count) {
    const Cycles exposed = std::max<Cycles>(0, leaving_.drain - load_slots);
    const Cycles exposed_slowed = std::max<Cycles>(0, leaving_.drain_slowed - load_slots);
    total_.drain += count * exposed;
    total_.bandwidth += count * (exposed_slowed - exposed);
  }

  ConvCycles& total_;
  StepCycles leaving_;  ///< the step before; at first nothing
};

}  // namespace

ConvCycles output_stationary_cycles(const ConvWork& work, const ArchConfig& arch) {
  if (is_matrix_vector(work)) return matrix_vector_cycles(work, arch);
  ConvCycles total;
  Sequence sequence(total);
  // The cycles of each kind of block, by [rest rows?][rest columns?][rest filters?].
  const OsLayout layout = os_layout(work, arch.pe_array);
  std::array<std::array<std::array<StepCycles, 2>, 2>, 2> kinds;
  for_each_os_step(work, arch.pe_array, [&](const OsStep& step) {
    kinds[step.block_rows == layout.rows[1].size][step.block_columns == layout.columns[1].size]
         [step.filters == layout.filters[1].size] = step_cycles(work, step, arch);
  });
  const auto row_of_blocks = [&](bool rest_rows) {
    for (const bool rest_columns : {false, true}) {
      const auto& block = kinds[rest_rows][rest_columns];
      sequence.repeat(layout.columns[rest_columns].count, [&] {
        sequence.add(block[0], layout.filters[0].count);
        sequence.add(block[1], layout.filters[1].count);
      });
    }
  };
  for (const bool rest_rows : {false, true}) {
    sequence.repeat(layout.rows[rest_rows].count, [&] { row_of_blocks(rest_rows); });
  }
  sequence.finish();
  if (work.last) total.drain += kCompoundingStages;
  return total;
}

ConvPhases output_stationary_phases(const ConvWork& work, const ArchConfig& arch) {
  const OsLayout layout = os_layout(work, arch.pe_array);
  const std::int64_t channels = work.depthwise ? 1 : work.in_channels;
  const auto first = [](const std::array<Piece, 2>& pieces) {
    return pieces[pieces[0].count > 0 ? 0 : 1].size;
  };
  const auto last = [](const std::array<Piece, 2>& pieces) {
    return pieces[pieces[1].count > 0 ? 1 : 0].size;
  };
  const auto step = [&](const auto& choose) {
    return step_cycles(
        work, {choose(layout.rows), choose(layout.columns), choose(layout.filters), channels, 1}, arch);
  };
  const StepCycles begins = step(first);
  ConvPhases phases;
  phases.leaving = step(last).drain_slowed + (work.last ? kCompoundingStages : 0);
  phases.body = output_stationary_cycles(work, arch).total() - phases.leaving;
  phases.head = {channels, begins.load_slots / channels,
                 begins.compute + begins.preload + begins.bandwidth - begins.load_slots};
  return phases;
}

}  // namespace npu::hw
