#include "hw/timing/conv_phases.h"

#include "hw/common/error.h"
#include "hw/timing/dataflow_timing.h"
#include "hw/timing/output_stationary.h"

namespace npu::hw {

ConvPhases conv_phases(const ConvWork& work, const ArchConfig& arch) {
  const bool overlaps = work.dataflow == Dataflow::kOutputStationary && !is_matrix_vector(work);
  if (overlaps) return output_stationary_phases(work, arch);
  return {conv_cycles(work, arch).total(), 0, {}};
}

Handover hand_over(Cycles remaining, const LoadPattern& head) {
  NPU_CHECK(remaining > 0 && head.channels > 0, "results leave behind the loads of a step");
  const Cycles slots = head.channels * head.load;
  if (remaining > slots) {
    const Cycles exposed = remaining - slots;
    return {exposed, slots + head.broadcast + exposed};
  }
  const std::int64_t channels_before = (remaining - 1) / head.load;  // whose broadcasts are over
  return {0, remaining + channels_before * head.broadcast / head.channels};
}

bool reads_results_of(const Conv& later, const Conv& earlier) {
  if (earlier.last == 0) return false;  // parked sums are taken in the order in which they were left
  const auto end = [](std::int64_t begin, std::int64_t row_stride, std::int64_t height,
                      std::int64_t pixel_stride, std::int64_t width) {
    return begin + (height - 1) * row_stride + width * pixel_stride;
  };
  const std::int64_t written = end(earlier.out_address, earlier.out_row_stride, earlier.out_height,
                                   earlier.out_pixel_stride, earlier.out_width);
  const std::int64_t read =
      end(later.in_address, later.in_row_stride, later.in_height, later.in_pixel_stride, later.in_width);
  return later.in_address < written && earlier.out_address < read;
}

}  // namespace npu::hw
