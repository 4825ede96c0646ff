#include "hw/kernels/depthwise_fast.h"

#include <algorithm>
#include <cstring>

#include "hw/common/units.h"
#include "hw/kernels/partial_sums.h"

namespace npu::hw {
namespace {

constexpr std::int64_t kRingBytes = 24 * 1024;  // half a first-level cache
constexpr std::int64_t kBatchSums = 2048;       // partial sums finished together, in whole rows

}  // namespace

/// Channels [first, first + real) of the layer, padded to whole blocks, and their lanes.
struct DepthwiseFast::Group {
  std::int64_t first = 0;
  std::int64_t real = 0;
  std::int64_t padded = 0;
  std::int64_t row_lanes = 0;   ///< lanes of one window row
  std::int64_t lane_bytes = 0;  ///< of one output row of one lane of the window row
};

std::int64_t DepthwiseFast::run(const Conv& conv, const ConvOperands& operands, const PackedConv& packed) {
  Group group;
  group.row_lanes = ceil_div(conv.kernel_width, packed.path->lane_elements);
  const std::int64_t channel_bytes = conv.kernel_height * group.row_lanes * conv.out_width * kLaneBytes;
  const std::int64_t step =
      std::max<std::int64_t>(1, kRingBytes / channel_bytes / kBlockChannels) * kBlockChannels;
  std::int64_t saturated = 0;
  for (group.first = 0; group.first < conv.out_channels; group.first += step) {
    group.real = std::min(step, conv.out_channels - group.first);
    group.padded = round_up(group.real, kBlockChannels);
    group.lane_bytes = conv.out_width * group.padded * kLaneBytes;
    saturated += run_group(conv, operands, packed, group);
  }
  return saturated;
}

// Row `in_row` of the input, or of padding, as lanes.
void DepthwiseFast::build_row(const Conv& conv, const ConvOperands& operands, const FastPath& path,
                              const Group& group, std::int64_t in_row, std::uint8_t* to) {
  std::fill(columns_.begin(), columns_.end(), padding_pixel_.data());
  if (in_row >= 0 && in_row < conv.in_height) {
    const std::int64_t end = std::min(std::ssize(columns_), conv.pad_left + conv.in_width);
    const std::uint8_t* pixel = operands.input.pixel(in_row, 0) + group.first;
    for (std::int64_t column = conv.pad_left; column < end; ++column, pixel += conv.in_pixel_stride) {
      columns_[static_cast<std::size_t>(column)] = pixel;
      if (group.real == group.padded) continue;
      // Whole blocks are read: bytes behind the last channel may lie outside the memory.
      std::uint8_t* copy = copied_row_.data() + column * group.padded;
      std::memcpy(copy, pixel, static_cast<std::size_t>(group.real));
      columns_[static_cast<std::size_t>(column)] = copy;
    }
  }
  for (std::int64_t lane = 0; lane < group.row_lanes; ++lane) {
    path.interleave(columns_.data() + lane * path.lane_elements, group.padded, conv.stride_width,
                    conv.out_width, to + lane * group.lane_bytes);
  }
}

std::int64_t DepthwiseFast::run_group(const Conv& conv, const ConvOperands& operands,
                                      const PackedConv& packed, const Group& group) {
  const FastPath& path = *packed.path;
  columns_.resize(static_cast<std::size_t>((conv.out_width - 1) * conv.stride_width +
                                           group.row_lanes * path.lane_elements));
  padding_pixel_.assign(static_cast<std::size_t>(group.padded),
                        static_cast<std::uint8_t>(conv.in_zero_point));
  copied_row_.resize(columns_.size() * static_cast<std::size_t>(group.padded));
  ring_.resize(static_cast<std::size_t>(conv.kernel_height * group.row_lanes * group.lane_bytes));
  const std::int64_t row_sums = conv.out_width * group.padded;
  const std::int64_t batch_rows = std::min(conv.out_height, std::max<std::int64_t>(1, kBatchSums / row_sums));
  sums_.resize(static_cast<std::size_t>(batch_rows * row_sums));
  taps_.resize(static_cast<std::size_t>(conv.kernel_height * group.row_lanes));
  const std::int64_t all_channels = round_up(conv.out_channels, kBlockChannels);
  DepthwiseTask task;
  task.lanes = taps_.data();
  task.taps = std::ssize(taps_);
  task.width = conv.out_width;
  task.channels = group.padded;
  task.weights = packed.weights.data() + group.first * kLaneBytes;
  task.weight_tap_bytes = all_channels * kLaneBytes;
  task.initial = packed.initial.data() + group.first;
  const auto ring_row = [&](std::int64_t row) {
    return ring_.data() + row % conv.kernel_height * group.row_lanes * group.lane_bytes;
  };
  std::int64_t saturated = 0;
  std::int64_t built = 0;  // rows of the padded input turned into lanes so far
  for (std::int64_t row = 0; row < conv.out_height; ++row) {
    const std::int64_t first = row * conv.stride_height;
    for (built = std::max(built, first); built < first + conv.kernel_height; ++built) {
      build_row(conv, operands, path, group, built - conv.pad_top, ring_row(built));
    }
    for (std::int64_t tap = 0; tap < task.taps; ++tap) {
      taps_[static_cast<std::size_t>(tap)] =
          ring_row(first + tap / group.row_lanes) + tap % group.row_lanes * group.lane_bytes;
    }
    task.sums = sums_.data() + row % batch_rows * row_sums;
    path.depthwise(task);
    if ((row + 1) % batch_rows != 0 && row + 1 != conv.out_height) continue;
    const std::int64_t batch_begin = row / batch_rows * batch_rows;
    saturated += finish_sums(conv, operands, packed,
                             {batch_begin * conv.out_width, (row + 1 - batch_begin) * conv.out_width,
                              group.first, group.real, sums_.data(), group.padded});
  }
  return saturated;
}

}  // namespace npu::hw
