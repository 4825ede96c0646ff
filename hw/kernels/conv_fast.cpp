// Dense: 1. the input tile is copied with its padding and converted; 2. for a chunk of pixels that fits the
// first-level cache, products are summed for all output channels; 3. the chunk's sums are finished while they
// are hot. Depthwise: output row by output row; input rows are turned into lanes once and kept in a ring of
// window rows.
#include "hw/kernels/conv_fast.h"

#include <algorithm>
#include <cstring>

#include "hw/common/units.h"
#include "hw/kernels/partial_sums.h"

namespace npu::hw {
namespace {

constexpr std::int64_t kChunkSums = 8192;  // partial sums of a chunk: half a first-level cache
constexpr std::int64_t kChunkPixels = 24;  // chunks are multiples of every kernel's pixels (1, 4, 6, 8)

bool is_int8(std::int64_t value) { return value >= INT8_MIN && value <= INT8_MAX; }

}  // namespace

std::optional<std::int64_t> FastConv::run(const Conv& conv, std::int64_t pc, const ConvOperands& operands) {
  if (!is_int8(conv.in_zero_point)) return std::nullopt;
  const PackedConv& packed = cache_.get(conv, pc, operands);
  if (packed.path == nullptr) return std::nullopt;
  return conv.depthwise != 0 ? run_depthwise(conv, operands, packed) : run_dense(conv, operands, packed);
}

void FastConv::build_patch(const Conv& conv, const ConvOperands& operands, const FastPath& path) {
  const std::int64_t pixel_bytes = ceil_div(conv.in_channels, path.lane_elements) * kLaneBytes;
  const std::int64_t rows = (conv.out_height - 1) * conv.stride_height + conv.kernel_height;
  const std::int64_t columns = (conv.out_width - 1) * conv.stride_width + conv.kernel_width;
  patch_.resize(static_cast<std::size_t>(rows * columns * pixel_bytes));
  padding_pixel_.assign(static_cast<std::size_t>(conv.in_channels),
                        static_cast<std::uint8_t>(conv.in_zero_point));
  const std::int64_t real_begin = std::min(conv.pad_left, columns);
  const std::int64_t real_end = std::clamp(conv.in_width + conv.pad_left, real_begin, columns);
  const bool gapless = conv.in_pixel_stride == conv.in_channels &&
                       pixel_bytes == conv.in_channels * std::int64_t{path.element_bytes};
  for (std::int64_t row = 0; row < rows; ++row) {
    std::uint8_t* to = patch_.data() + row * columns * pixel_bytes;
    const std::int64_t in_row = row - conv.pad_top;
    const bool real_row = in_row >= 0 && in_row < conv.in_height;
    const std::int64_t begin = real_row ? real_begin : columns;
    const std::int64_t end = real_row ? real_end : columns;
    for (std::int64_t column = 0; column < columns; ++column) {
      if (column >= begin && column < end) continue;
      path.convert(padding_pixel_.data(), conv.in_channels, to + column * pixel_bytes);
    }
    if (begin == end) continue;
    if (gapless) {
      path.convert(operands.input.pixel(in_row, begin - conv.pad_left), (end - begin) * conv.in_channels,
                   to + begin * pixel_bytes);
      continue;
    }
    for (std::int64_t column = begin; column < end; ++column) {
      path.convert(operands.input.pixel(in_row, column - conv.pad_left), conv.in_channels,
                   to + column * pixel_bytes);
    }
  }
  pixel_offsets_.clear();
  for (std::int64_t row = 0; row < conv.out_height; ++row) {
    for (std::int64_t column = 0; column < conv.out_width; ++column) {
      pixel_offsets_.push_back((row * conv.stride_height * columns + column * conv.stride_width) *
                               pixel_bytes);
    }
  }
}

std::int64_t FastConv::run_dense(const Conv& conv, const ConvOperands& operands, const PackedConv& packed) {
  const FastPath& path = *packed.path;
  build_patch(conv, operands, path);
  const std::int64_t pixel_lanes = ceil_div(conv.in_channels, path.lane_elements);
  const std::int64_t columns = (conv.out_width - 1) * conv.stride_width + conv.kernel_width;
  const std::int64_t sum_stride = round_up(conv.out_channels, kBlockChannels);
  const std::int64_t chunk = round_up(ceil_div(kChunkSums, sum_stride), kChunkPixels);
  sums_.resize(static_cast<std::size_t>(chunk * sum_stride));
  DenseTask task;
  task.patch = patch_.data();
  task.patch_row_bytes = columns * pixel_lanes * kLaneBytes;
  task.window_rows = conv.kernel_height;
  task.window_row_lanes = conv.kernel_width * pixel_lanes;
  task.weights = packed.weights.data();
  task.initial = packed.initial.data();
  task.blocks = sum_stride / kBlockChannels;
  task.sums = sums_.data();
  std::int64_t saturated = 0;
  const std::int64_t pixels = conv.out_height * conv.out_width;
  for (std::int64_t pixel = 0; pixel < pixels; pixel += chunk) {
    task.pixels = std::min(chunk, pixels - pixel);
    task.pixel_offsets = pixel_offsets_.data() + pixel;
    path.dense(task);
    saturated += finish_sums(conv, operands, packed, pixel, task.pixels, sums_.data(), sum_stride);
  }
  return saturated;
}

// Row `in_row` of the input (or of padding) as lanes: to [lane of the window row][out column][channel].
void FastConv::build_lane_row(const Conv& conv, const ConvOperands& operands, const FastPath& path,
                              std::int64_t in_row, std::uint8_t* to) {
  const std::int64_t channels = round_up(conv.out_channels, kBlockChannels);
  const std::int64_t row_lanes = ceil_div(conv.kernel_width, path.lane_elements);
  const std::int64_t columns = std::ssize(row_) / channels;
  const bool real_row = in_row >= 0 && in_row < conv.in_height;
  const std::int64_t begin = real_row ? std::min(conv.pad_left, columns) : columns;
  const std::int64_t end = real_row ? std::clamp(conv.in_width + conv.pad_left, begin, columns) : columns;
  std::memset(row_.data(), static_cast<int>(conv.in_zero_point), static_cast<std::size_t>(begin * channels));
  std::memset(row_.data() + end * channels, static_cast<int>(conv.in_zero_point),
              static_cast<std::size_t>((columns - end) * channels));
  if (conv.in_pixel_stride == channels && conv.out_channels == channels && begin < end) {
    std::memcpy(row_.data() + begin * channels, operands.input.pixel(in_row, begin - conv.pad_left),
                static_cast<std::size_t>((end - begin) * channels));
  } else {
    for (std::int64_t column = begin; column < end; ++column) {
      std::memcpy(row_.data() + column * channels, operands.input.pixel(in_row, column - conv.pad_left),
                  static_cast<std::size_t>(conv.out_channels));
    }
  }
  for (std::int64_t lane = 0; lane < row_lanes; ++lane) {
    path.interleave(row_.data() + lane * path.lane_elements * channels, channels, conv.stride_width,
                    conv.out_width, to + lane * conv.out_width * channels * kLaneBytes);
  }
}

std::int64_t FastConv::run_depthwise(const Conv& conv, const ConvOperands& operands,
                                     const PackedConv& packed) {
  const FastPath& path = *packed.path;
  const std::int64_t channels = round_up(conv.out_channels, kBlockChannels);
  const std::int64_t row_lanes = ceil_div(conv.kernel_width, path.lane_elements);
  const std::int64_t columns = (conv.out_width - 1) * conv.stride_width + row_lanes * path.lane_elements;
  const std::int64_t lane_bytes = conv.out_width * channels * kLaneBytes;
  row_.assign(static_cast<std::size_t>(columns * channels), 0);
  lane_rows_.resize(static_cast<std::size_t>(conv.kernel_height * row_lanes * lane_bytes));
  sums_.resize(static_cast<std::size_t>(conv.out_width * channels));
  taps_.resize(static_cast<std::size_t>(conv.kernel_height * row_lanes));
  DepthwiseTask task;
  task.lanes = taps_.data();
  task.taps = std::ssize(taps_);
  task.width = conv.out_width;
  task.channels = channels;
  task.weights = packed.weights.data();
  task.initial = packed.initial.data();
  task.sums = sums_.data();
  std::int64_t saturated = 0;
  std::int64_t built = 0;  // rows of the padded input turned into lanes so far
  for (std::int64_t row = 0; row < conv.out_height; ++row) {
    const std::int64_t first = row * conv.stride_height;
    for (built = std::max(built, first); built < first + conv.kernel_height; ++built) {
      build_lane_row(conv, operands, path, built - conv.pad_top,
                     lane_rows_.data() + built % conv.kernel_height * row_lanes * lane_bytes);
    }
    for (std::int64_t dy = 0; dy < conv.kernel_height; ++dy) {
      for (std::int64_t lane = 0; lane < row_lanes; ++lane) {
        taps_[static_cast<std::size_t>(dy * row_lanes + lane)] =
            lane_rows_.data() + ((first + dy) % conv.kernel_height * row_lanes + lane) * lane_bytes;
      }
    }
    path.depthwise(task);
    saturated +=
        finish_sums(conv, operands, packed, row * conv.out_width, conv.out_width, sums_.data(), channels);
  }
  return saturated;
}

}  // namespace npu::hw
