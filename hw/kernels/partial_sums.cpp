#include "hw/kernels/partial_sums.h"

#include <algorithm>

namespace npu::hw {

std::int64_t finish_sums(const Conv& conv, const ConvOperands& operands, const PackedConv& packed,
                         std::int64_t first_pixel, std::int64_t pixels, std::int32_t* sums,
                         std::int64_t sum_stride) {
  const std::int64_t channels = conv.out_channels;
  if (conv.first == 0) {
    const std::int64_t* before = operands.accumulators_in + first_pixel * channels;
    for (std::int64_t pixel = 0; pixel < pixels; ++pixel) {
      for (std::int64_t channel = 0; channel < channels; ++channel) {
        // Unsigned: the 32-bit accumulator wraps.
        std::int32_t& sum = sums[pixel * sum_stride + channel];
        sum = static_cast<std::int32_t>(static_cast<std::uint32_t>(sum) +
                                        static_cast<std::uint32_t>(before[pixel * channels + channel]));
      }
    }
  }
  if (conv.last == 0) {
    std::int64_t* after = operands.accumulators_out + first_pixel * channels;
    for (std::int64_t pixel = 0; pixel < pixels; ++pixel) {
      std::copy_n(sums + pixel * sum_stride, channels, after + pixel * channels);
    }
    return 0;
  }
  std::int64_t saturated = 0;
  for (std::int64_t pixel = first_pixel; pixel < first_pixel + pixels;) {
    const std::int64_t row = pixel / conv.out_width;
    const std::int64_t column = pixel % conv.out_width;
    const std::int64_t run = std::min(conv.out_width - column, first_pixel + pixels - pixel);
    saturated +=
        packed.path->compound(packed.compounding, sums + (pixel - first_pixel) * sum_stride, sum_stride, run,
                              operands.output.pixel(row, column), operands.output.pixel_stride_bytes);
    pixel += run;
  }
  return saturated;
}

}  // namespace npu::hw
