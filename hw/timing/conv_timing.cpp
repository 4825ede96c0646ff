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
  work.zero_share = conv.zero_share;
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

double skipped_fraction(std::int64_t zero_share, const PeArrayConfig& array) {
  switch (array.zero_skipping) {
    case ZeroSkipping::kNone:
      return 0;
    case ZeroSkipping::kAssumedFraction:
      return array.assumed_zero_fraction;
    case ZeroSkipping::kRealZeros:
      return static_cast<double>(zero_share) / static_cast<double>(kZeroShareUnit);
  }
  return 0;
}

std::int64_t broadcasts(const ConvWork& work, const OsStep& step, const PeArrayConfig& array) {
  constexpr double kRepresentationError = 1e-6;  // 0.4 is not a binary fraction: 10 * 0.4 must skip 4
  const std::int64_t count = step.channels * work.kernel_height * work.kernel_width * step.filters;
  const double zeros = static_cast<double>(count) * skipped_fraction(work.zero_share, array);
  return count - static_cast<std::int64_t>(zeros + kRepresentationError);
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
