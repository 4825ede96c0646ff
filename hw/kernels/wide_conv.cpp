#include "hw/kernels/wide_conv.h"

#include <algorithm>

#include "hw/common/units.h"
#include "hw/kernels/element_access.h"
#include "hw/kernels/wide_sums.h"

namespace npu::hw {
namespace {

constexpr std::int64_t kChunkSums = 4096;  // sums of a chunk: a first-level cache
constexpr std::int64_t kElementBytes = 2;
constexpr std::int32_t kPlaneMask = (1 << kPlaneBits) - 1;

std::int64_t padded_channels(const Conv& conv) { return round_up(conv.out_channels, kWideBlockChannels); }

std::int32_t load_weight(const std::uint8_t* weights, std::int64_t index, int bytes) {
  return load_activation(weights, index, bytes);
}

}  // namespace

/// Extents of the input tile as factors.
struct WideConv::Patch {
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::int64_t channels = 0;  ///< padded with zeros to whole pairs (dense) or whole blocks (depthwise)
  int planes = 1;

  std::int64_t pixel_bytes() const { return channels * kElementBytes; }
  std::int64_t row_bytes() const { return columns * pixel_bytes(); }
  std::int64_t plane_bytes() const { return rows * row_bytes(); }
};

void WideConv::pack(const Conv& conv, std::int64_t pc, const ConvOperands& operands, Packed& packed) const {
  const std::int64_t taps = conv.kernel_height * conv.kernel_width;
  const std::int64_t padded = padded_channels(conv);
  const int bytes = format().weight_bytes();
  const auto put = [&](std::int64_t at, std::int64_t index) {
    store_element(packed.weights.data() + at,
                  static_cast<std::int16_t>(load_weight(operands.weights, index, bytes)));
  };
  if (conv.depthwise != 0) {
    packed.weights.assign(static_cast<std::size_t>(taps * padded * kElementBytes), 0);
    for (std::int64_t index = 0; index < taps * conv.out_channels; ++index) {
      const std::int64_t tap = index / conv.out_channels;
      put((tap * padded + index % conv.out_channels) * kElementBytes, index);
    }
  } else {
    const std::int64_t pairs = ceil_div(conv.in_channels, 2);
    packed.weights.assign(static_cast<std::size_t>(taps * pairs * padded * kPairBytes), 0);
    std::int64_t index = 0;
    for (std::int64_t out = 0; out < conv.out_channels; ++out) {
      const std::int64_t block = out / kWideBlockChannels * taps * pairs;
      for (std::int64_t tap = 0; tap < taps; ++tap) {
        for (std::int64_t in = 0; in < conv.in_channels; ++in, ++index) {
          put(((block + tap * pairs + in / 2) * kWideBlockChannels + out % kWideBlockChannels) * kPairBytes +
                  in % 2 * kElementBytes,
              index);
        }
      }
    }
  }
  if (conv.last == 0) return;
  read_channel_parameters(conv, pc, format(), operands.parameters, packed.parameters);
  packed.step.emplace(conv, packed.parameters, format());
}

void WideConv::build_patch(const Conv& conv, const InputTile& input, const Patch& patch) {
  patch_.assign(static_cast<std::size_t>(patch.planes * patch.plane_bytes()), 0);
  const int bytes = format().activation_bytes();
  auto* low = reinterpret_cast<std::int16_t*>(patch_.data());
  auto* high = reinterpret_cast<std::int16_t*>(patch_.data() + patch.plane_bytes());
  const auto put = [&](std::int64_t at, std::int32_t x) {
    low[at] = static_cast<std::int16_t>(patch.planes == 1 ? x : x & kPlaneMask);
    if (patch.planes == 2) high[at] = static_cast<std::int16_t>(x >> kPlaneBits);
  };
  for (std::int64_t row = 0; row < patch.rows; ++row) {
    for (std::int64_t column = 0; column < patch.columns; ++column) {
      const std::int64_t in_row = row - conv.pad_top;
      const std::int64_t in_column = column - conv.pad_left;
      const std::int64_t at = (row * patch.columns + column) * patch.channels;
      if (in_row < 0 || in_row >= conv.in_height || in_column < 0 || in_column >= conv.in_width) {
        for (std::int64_t channel = 0; channel < conv.in_channels; ++channel) {
          put(at + channel, static_cast<std::int32_t>(conv.in_zero_point));
        }
        continue;
      }
      const std::uint8_t* pixel = input.pixel(in_row, in_column);
      for (std::int64_t channel = 0; channel < conv.in_channels; ++channel) {
        put(at + channel, load_activation(pixel, channel, bytes));
      }
    }
  }
}

std::int64_t WideConv::finish(const Conv& conv, const ConvOperands& operands, const Packed& packed,
                              std::int64_t first_pixel, std::int64_t pixels) {
  std::int64_t saturated = 0;
  for (std::int64_t pixel = 0; pixel < pixels; ++pixel) {
    std::int64_t* sums = sums_.data() + pixel * padded_channels(conv);
    const std::int64_t entry = (first_pixel + pixel) * conv.out_channels;
    for (std::int64_t channel = 0; channel < conv.out_channels; ++channel) {
      const std::int64_t before = conv.first != 0 ? 0 : operands.accumulators_in[entry + channel];
      sums[channel] = wrap(sums[channel] + before, format().accumulator_bits);
    }
    if (conv.last == 0) {
      std::copy_n(sums, conv.out_channels, operands.accumulators_out + entry);
      continue;
    }
    const std::int64_t row = (first_pixel + pixel) / conv.out_width;
    const std::int64_t column = (first_pixel + pixel) % conv.out_width;
    saturated += packed.step->finish(sums, operands.output.pixel(row, column));
  }
  return saturated;
}

std::int64_t WideConv::run_dense(const Conv& conv, const ConvOperands& operands, const Packed& packed,
                                 const Patch& patch) {
  const std::int64_t pixels = conv.out_height * conv.out_width;
  pixel_offsets_.clear();
  for (std::int64_t pixel = 0; pixel < pixels; ++pixel) {
    pixel_offsets_.push_back(pixel / conv.out_width * conv.stride_height * patch.row_bytes() +
                             pixel % conv.out_width * conv.stride_width * patch.pixel_bytes());
  }
  WideDenseTask task;
  task.patch_row_bytes = patch.row_bytes();
  task.window_rows = conv.kernel_height;
  task.window_row_pairs = conv.kernel_width * patch.channels / 2;
  task.weights = packed.weights.data();
  task.blocks = padded_channels(conv) / kWideBlockChannels;
  const std::int64_t chunk = std::max<std::int64_t>(4, kChunkSums / padded_channels(conv) / 4 * 4);
  std::int64_t saturated = 0;
  for (std::int64_t pixel = 0; pixel < pixels; pixel += chunk) {
    task.pixels = std::min(chunk, pixels - pixel);
    task.pixel_offsets = pixel_offsets_.data() + pixel;
    sums_.assign(static_cast<std::size_t>(task.pixels * padded_channels(conv)), 0);
    task.sums = sums_.data();
    for (int plane = 0; plane < patch.planes; ++plane) {
      task.patch = patch_.data() + plane * patch.plane_bytes();
      task.scale_bits = plane * kPlaneBits;
      wide_dense_avx2(task);
    }
    saturated += finish(conv, operands, packed, pixel, task.pixels);
  }
  return saturated;
}

std::int64_t WideConv::run_depthwise(const Conv& conv, const ConvOperands& operands, const Packed& packed,
                                     const Patch& patch) {
  WideDepthwiseTask task;
  task.tap_count = conv.kernel_height * conv.kernel_width;
  task.width = conv.out_width;
  task.pixel_stride_bytes = conv.stride_width * patch.pixel_bytes();
  task.channels = padded_channels(conv);
  task.weights = packed.weights.data();
  taps_.resize(static_cast<std::size_t>(task.tap_count));
  task.taps = taps_.data();
  std::int64_t saturated = 0;
  for (std::int64_t row = 0; row < conv.out_height; ++row) {
    sums_.assign(static_cast<std::size_t>(task.width * task.channels), 0);
    task.sums = sums_.data();
    for (int plane = 0; plane < patch.planes; ++plane) {
      const std::uint8_t* first =
          patch_.data() + plane * patch.plane_bytes() + row * conv.stride_height * patch.row_bytes();
      for (std::int64_t tap = 0; tap < task.tap_count; ++tap) {
        taps_[static_cast<std::size_t>(tap)] = first + tap / conv.kernel_width * patch.row_bytes() +
                                               tap % conv.kernel_width * patch.pixel_bytes();
      }
      task.scale_bits = plane * kPlaneBits;
      wide_depthwise_avx2(task);
    }
    saturated += finish(conv, operands, packed, row * conv.out_width, conv.out_width);
  }
  return saturated;
}

std::optional<std::int64_t> WideConv::run(const Conv& conv, std::int64_t pc, const ConvOperands& operands) {
  const bool depthwise = conv.depthwise != 0;
  if (conv.in_zero_point < min_of_bits(format().activation_bits) ||
      conv.in_zero_point > max_of_bits(format().activation_bits)) {
    return std::nullopt;
  }
  if (conv.weight_zero_point != 0 || conv.low > conv.high ||
      (depthwise && conv.kernel_height * conv.kernel_width > kExactPairs)) {
    return std::nullopt;
  }
  const Packed& packed =
      cache_.get(conv, pc, operands, [&](Packed& fresh) { pack(conv, pc, operands, fresh); });
  Patch patch;
  patch.rows = (conv.out_height - 1) * conv.stride_height + conv.kernel_height;
  patch.columns = (conv.out_width - 1) * conv.stride_width + conv.kernel_width;
  patch.channels = depthwise ? padded_channels(conv) : round_up(conv.in_channels, 2);
  patch.planes = format().activation_bits > 8 && format().weight_bits > 8 ? 2 : 1;
  build_patch(conv, operands.input, patch);
  return depthwise ? run_depthwise(conv, operands, packed, patch) : run_dense(conv, operands, packed, patch);
}

}  // namespace npu::hw
