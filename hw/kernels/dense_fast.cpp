#include "hw/kernels/dense_fast.h"

#include <algorithm>

#include "hw/common/units.h"
#include "hw/kernels/partial_sums.h"

namespace npu::hw {
namespace {

constexpr std::int64_t kChunkSums = 8192;  // partial sums of a chunk: two thirds of a first-level cache
constexpr std::int64_t kChunkPixels = 24;  // chunks are multiples of every kernel's pixels (4, 6, 8)

std::int64_t patch_columns(const Conv& conv) {
  return (conv.out_width - 1) * conv.stride_width + conv.kernel_width;
}

std::int64_t pixel_lanes(const Conv& conv, const FastPath& path) {
  return ceil_div(conv.in_channels, path.lane_elements);
}

/// The patch, row by row.
class PatchBuilder {
 public:
  PatchBuilder(const Conv& conv, const FastPath& path, const std::uint8_t* padding_pixel, std::uint8_t* patch)
      : conv_(conv),
        path_(path),
        padding_pixel_(padding_pixel),
        patch_(patch),
        pixel_bytes_(pixel_lanes(conv, path) * kLaneBytes),
        columns_(patch_columns(conv)),
        gapless_(conv.in_pixel_stride == conv.in_channels &&
                 pixel_bytes_ == conv.in_channels * path.element_bytes) {}

  void row(std::int64_t row, const InputTile& input) const {
    const std::int64_t in_row = row - conv_.pad_top;
    const bool real = in_row >= 0 && in_row < conv_.in_height;
    const std::int64_t begin = real ? std::min(conv_.pad_left, columns_) : columns_;
    const std::int64_t end = real ? std::clamp(conv_.in_width + conv_.pad_left, begin, columns_) : columns_;
    copy(row, 0, begin, padding_pixel_, 0);
    if (begin < end)
      copy(row, begin, end, input.pixel(in_row, begin - conv_.pad_left), conv_.in_pixel_stride);
    copy(row, end, columns_, padding_pixel_, 0);
  }

 private:
  // Columns [begin, end) of a patch row from pixels `stride_bytes` apart.
  void copy(std::int64_t row, std::int64_t begin, std::int64_t end, const std::uint8_t* from,
            std::int64_t stride_bytes) const {
    ConvertTask task;
    task.from = from;
    task.from_stride_bytes = stride_bytes;
    task.channels = conv_.in_channels;
    task.count = end - begin;
    task.to = patch_ + (row * columns_ + begin) * pixel_bytes_;
    task.to_stride_bytes = pixel_bytes_;
    if (gapless_ && stride_bytes != 0) {
      task.channels *= task.count;
      task.count = 1;
    }
    path_.convert(task);
  }

  const Conv& conv_;
  const FastPath& path_;
  const std::uint8_t* padding_pixel_;
  std::uint8_t* patch_;
  std::int64_t pixel_bytes_;
  std::int64_t columns_;
  bool gapless_;
};

}  // namespace

void DenseFast::build_patch(const Conv& conv, const ConvOperands& operands, const FastPath& path) {
  const std::int64_t rows = (conv.out_height - 1) * conv.stride_height + conv.kernel_height;
  patch_.resize(static_cast<std::size_t>(rows * patch_columns(conv) * pixel_lanes(conv, path) * kLaneBytes));
  padding_pixel_.assign(static_cast<std::size_t>(conv.in_channels),
                        static_cast<std::uint8_t>(conv.in_zero_point));
  const PatchBuilder builder(conv, path, padding_pixel_.data(), patch_.data());
  for (std::int64_t row = 0; row < rows; ++row) builder.row(row, operands.input);
}

void DenseFast::list_pixels(const Conv& conv, std::int64_t pixel_bytes) {
  pixel_offsets_.clear();
  for (std::int64_t row = 0; row < conv.out_height; ++row) {
    for (std::int64_t column = 0; column < conv.out_width; ++column) {
      pixel_offsets_.push_back((row * conv.stride_height * patch_columns(conv) + column * conv.stride_width) *
                               pixel_bytes);
    }
  }
}

std::int64_t DenseFast::run(const Conv& conv, const ConvOperands& operands, const PackedConv& packed) {
  const FastPath& path = *packed.path;
  const std::int64_t pixel_bytes = pixel_lanes(conv, path) * kLaneBytes;
  build_patch(conv, operands, path);
  list_pixels(conv, pixel_bytes);
  const std::int64_t sum_stride = round_up(conv.out_channels, kBlockChannels);
  const std::int64_t chunk = round_up(ceil_div(kChunkSums, sum_stride), kChunkPixels);
  sums_.resize(static_cast<std::size_t>(chunk * sum_stride));
  DenseTask task;
  task.patch = patch_.data();
  task.patch_row_bytes = patch_columns(conv) * pixel_bytes;
  task.window_rows = conv.kernel_height;
  task.window_row_lanes = conv.kernel_width * pixel_lanes(conv, path);
  task.weights = packed.weights.data();
  task.initial = packed.initial.data();
  task.blocks = sum_stride / kBlockChannels;
  task.sums = sums_.data();
  SumBlock block;
  block.channels = conv.out_channels;
  block.sums = sums_.data();
  block.stride = sum_stride;
  std::int64_t saturated = 0;
  const std::int64_t pixels = conv.out_height * conv.out_width;
  for (std::int64_t pixel = 0; pixel < pixels; pixel += chunk) {
    task.pixels = std::min(chunk, pixels - pixel);
    task.pixel_offsets = pixel_offsets_.data() + pixel;
    path.dense(task);
    block.first_pixel = pixel;
    block.pixels = task.pixels;
    saturated += finish_sums(conv, operands, packed, block);
  }
  return saturated;
}

}  // namespace npu::hw
