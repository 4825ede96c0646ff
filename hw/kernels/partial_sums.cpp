#include "hw/kernels/partial_sums.h"

#include <algorithm>

namespace npu::hw {
namespace {

// Entry of the block's first channel of pixel `pixel` in an accumulator array [pixel][out_channel].
std::int64_t entry(const Conv& conv, const SumBlock& block, std::int64_t pixel) {
  return (block.first_pixel + pixel) * conv.out_channels + block.first_channel;
}

void add_accumulators(const Conv& conv, const std::int64_t* accumulators, const SumBlock& block) {
  for (std::int64_t pixel = 0; pixel < block.pixels; ++pixel) {
    const std::int64_t* before = accumulators + entry(conv, block, pixel);
    std::int32_t* sums = block.sums + pixel * block.stride;
    for (std::int64_t channel = 0; channel < block.channels; ++channel) {
      // Unsigned: the 32-bit accumulator wraps.
      sums[channel] = static_cast<std::int32_t>(static_cast<std::uint32_t>(sums[channel]) +
                                                static_cast<std::uint32_t>(before[channel]));
    }
  }
}

}  // namespace

std::int64_t finish_sums(const Conv& conv, const ConvOperands& operands, const PackedConv& packed,
                         const SumBlock& block) {
  if (conv.first == 0) add_accumulators(conv, operands.accumulators_in, block);
  if (conv.last == 0) {
    for (std::int64_t pixel = 0; pixel < block.pixels; ++pixel) {
      std::copy_n(block.sums + pixel * block.stride, block.channels,
                  operands.accumulators_out + entry(conv, block, pixel));
    }
    return 0;
  }
  std::int64_t saturated = 0;
  const std::int64_t end = block.first_pixel + block.pixels;
  // Pixels follow each other with one stride to the end of the row, or of the tile if its rows have no gaps.
  const OutputTile& output = operands.output;
  const bool gapless = output.row_stride_bytes == conv.out_width * output.pixel_stride_bytes;
  for (std::int64_t pixel = block.first_pixel; pixel < end;) {
    const std::int64_t row = pixel / conv.out_width;
    const std::int64_t column = pixel % conv.out_width;
    CompoundTask task;
    task.first_channel = block.first_channel;
    task.channels = block.channels;
    task.pixels = gapless ? end - pixel : std::min(conv.out_width - column, end - pixel);
    task.sums = block.sums + (pixel - block.first_pixel) * block.stride;
    task.sum_stride = block.stride;
    task.out = output.pixel(row, column) + block.first_channel;
    task.pixel_stride_bytes = output.pixel_stride_bytes;
    saturated += packed.path->compound(packed.compounding, task);
    pixel += task.pixels;
  }
  return saturated;
}

}  // namespace npu::hw
