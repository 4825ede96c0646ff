// What both dataflows share: the work of an instruction, skipped zeros, and the choice of the formula.
#include "hw/timing/conv_timing.h"

#include "hw/common/error.h"
#include "hw/timing/dataflow_timing.h"
#include "hw/timing/output_stationary.h"

namespace npu::hw {

ConvWork conv_work(const Conv& conv) {
  ConvWork work;
  work.out_height = conv.out_height;
  work.out_width = conv.out_width;
  work.in_channels = conv.in_channels;
  work.out_channels = conv.out_channels;
  work.kernel_height = conv.kernel_height;
  work.kernel_width = conv.kernel_width;
  work.stride_height = conv.stride_height;
  work.stride_width = conv.stride_width;
  work.dataflow = static_cast<Dataflow>(conv.dataflow);
  work.depthwise = conv.depthwise != 0;
  work.first = conv.first != 0;
  work.last = conv.last != 0;
  return work;
}

ConvCycles conv_cycles(const ConvWork& work, const ArchConfig& arch) {
  NPU_CHECK(work.out_height > 0 && work.out_width > 0 && work.in_channels > 0 && work.out_channels > 0 &&
                work.kernel_height > 0 && work.kernel_width > 0 && work.stride_height > 0 &&
                work.stride_width > 0,
            "a convolution's sizes are positive");
  return work.dataflow == Dataflow::kWeightStationary ? weight_stationary_cycles(work, arch)
                                                      : output_stationary_cycles(work, arch);
}

std::int64_t without_skipped_zeros(std::int64_t count, const PeArrayConfig& array) {
  if (array.zero_skipping == ZeroSkipping::kNone) return count;
  constexpr double kRepresentationError = 1e-6;  // 0.4 is not a binary fraction: 10 * 0.4 must skip 4
  const double zeros = static_cast<double>(count) * array.assumed_zero_fraction;
  return count - static_cast<std::int64_t>(zeros + kRepresentationError);
}

std::int64_t broadcasts(const ConvWork& work, const OsStep& step, const PeArrayConfig& array) {
  return without_skipped_zeros(step.channels * work.kernel_height * work.kernel_width * step.filters, array);
}

std::int64_t effective_macs(const ConvWork& work, const ArchConfig& arch) {
  if (work.dataflow == Dataflow::kWeightStationary || is_matrix_vector(work)) return work.macs();
  std::int64_t macs = 0;
  for_each_os_step(work, arch.pe_array, [&](const OsStep& step) {
    macs += step.count * step.block_rows * step.block_columns * broadcasts(work, step, arch.pe_array);
  });
  return macs;
}

}  // namespace npu::hw
