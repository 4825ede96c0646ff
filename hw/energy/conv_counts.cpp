// What a convolution does to each component, by dataflow; the loops are those of hw/timing. Common to both:
// parameters are read where outputs are finished, and every finished output is compounded and written once.
#include "hw/energy/conv_counts.h"

#include "hw/isa/program.h"
#include "hw/isa/regions.h"
#include "hw/timing/output_stationary.h"
#include "hw/timing/pieces.h"
#include "hw/timing/window_positions.h"

namespace npu::hw {
namespace {

/// Input positions read per channel, rows x columns, where a block of outputs reads each of its positions
/// once.
std::int64_t pixels_read(const Conv& conv, std::int64_t block_rows, std::int64_t block_columns) {
  return positions_read(
             {conv.out_height, conv.kernel_height, conv.stride_height, conv.pad_top, conv.in_height},
             block_rows) *
         positions_read({conv.out_width, conv.kernel_width, conv.stride_width, conv.pad_left, conv.in_width},
                        block_columns);
}

/// Weight stationary: a weight is read and placed once; an input is read and broadcast once for every tap and
/// group of output channels; each tile's sums are added into the store, except that the first pass finds
/// nothing to read and the last one passes its sums on.
AccessCounts weight_stationary_counts(const ConvWork& work, const Conv& conv, const ArchConfig& arch) {
  const std::int64_t taps = work.kernel_height * work.kernel_width;
  const std::int64_t outputs = work.out_height * work.out_width * work.out_channels;
  const std::int64_t weights = work.out_channels * taps * (work.depthwise ? 1 : work.in_channels);
  const std::int64_t groups = work.depthwise ? 1 : ceil_div(work.out_channels, arch.pe_array.columns);
  const std::int64_t passes = taps * (work.depthwise ? 1 : ceil_div(work.in_channels, arch.pe_array.rows));
  const std::int64_t channels = work.depthwise ? work.out_channels : work.in_channels;
  const std::int64_t inputs = pixels_read(conv, 1, 1) * channels * groups;
  AccessCounts counts;
  counts[Component::kWeightSram] = weights * arch.data.weight_bytes();
  counts[Component::kGlobalBuffer] = inputs * arch.data.activation_bytes();
  counts[Component::kAccumulatorStore] = outputs * arch.data.accumulator_bytes() *
                                         ((passes - (work.first ? 1 : 0)) + (passes - (work.last ? 1 : 0)));
  counts[Component::kInterPe] = weights + inputs;
  counts[Component::kRegisterFile] = weights + work.macs();  // placed once, read by every MAC
  return counts;
}

/// Output stationary: a block reads its pixels, halo included, once per group of filters, and every weight
/// that is not skipped once; pixels move to a neighbour for every tap; each MAC reads and writes a partial
/// sum.
AccessCounts output_stationary_counts(const ConvWork& work, const Conv& conv, const ArchConfig& arch) {
  const std::int64_t taps = work.kernel_height * work.kernel_width;
  const std::int64_t filters_at_once = work.depthwise ? 1 : arch.pe_array.register_file_entries;
  const std::int64_t groups = work.depthwise ? 1 : ceil_div(work.out_channels, filters_at_once);
  const std::int64_t channels = work.depthwise ? work.out_channels : work.in_channels;
  const std::int64_t pixels = work.out_height * work.out_width;
  const std::int64_t outputs = pixels * work.out_channels;
  const std::int64_t inputs =
      pixels_read(conv, arch.pe_array.rows, arch.pe_array.columns) * channels * groups;
  std::int64_t weights = 0;
  for_each_os_step(work, arch.pe_array, [&](const OsStep& step) {
    weights += step.count * broadcasts(work, step, arch.pe_array);
  });
  const std::int64_t pixel_moves = pixels * taps * channels * groups;
  AccessCounts counts;
  counts[Component::kWeightSram] = weights * arch.data.weight_bytes();
  counts[Component::kGlobalBuffer] = inputs * arch.data.activation_bytes();
  counts[Component::kAccumulatorStore] =
      outputs * arch.data.accumulator_bytes() * ((work.first ? 0 : 1) + (work.last ? 0 : 1));
  counts[Component::kInterPe] = weights + pixel_moves;
  counts[Component::kRegisterFile] = 2 * effective_macs(work, arch) + pixel_moves + outputs;
  return counts;
}

/// One output pixel, output stationary: every weight is read once and brought to its PE, where one weight is
/// read and a partial sum read and written per MAC; the input is broadcast once per block of outputs.
AccessCounts matrix_vector_counts(const ConvWork& work, const Conv& conv, const ArchConfig& arch) {
  const std::int64_t weights = work.macs();
  const std::int64_t inputs =
      pixels_read(conv, 1, 1) * work.in_channels * ceil_div(work.out_channels, arch.pe_array.pe_count());
  AccessCounts counts;
  counts[Component::kWeightSram] = weights * arch.data.weight_bytes();
  counts[Component::kGlobalBuffer] = inputs * arch.data.activation_bytes();
  counts[Component::kAccumulatorStore] =
      work.out_channels * arch.data.accumulator_bytes() * ((work.first ? 0 : 1) + (work.last ? 0 : 1));
  counts[Component::kInterPe] = weights + inputs;
  counts[Component::kRegisterFile] = 3 * work.macs() + work.out_channels;
  return counts;
}

}  // namespace

AccessCounts conv_counts(const Conv& conv, const ArchConfig& arch) {
  const ConvWork work = conv_work(conv);
  const bool weight_stationary = work.dataflow == Dataflow::kWeightStationary;
  AccessCounts counts = weight_stationary        ? weight_stationary_counts(work, conv, arch)
                        : is_matrix_vector(work) ? matrix_vector_counts(work, conv, arch)
                                                 : output_stationary_counts(work, conv, arch);
  counts[Component::kMac] = effective_macs(work, arch);
  if (work.last) {
    const std::int64_t outputs = work.out_height * work.out_width * work.out_channels;
    const std::int64_t blocks = weight_stationary ? 1
                                                  : ceil_div(work.out_height, arch.pe_array.rows) *
                                                        ceil_div(work.out_width, arch.pe_array.columns);
    counts[Component::kWeightSram] += blocks * parameter_block_bytes(work.out_channels, machine_format(arch),
                                                                     conv.per_channel_multiplier != 0);
    counts[Component::kGlobalBuffer] += outputs * arch.data.activation_bytes();
    counts[Component::kCompounding] = outputs;
  }
  return counts;
}

}  // namespace npu::hw
