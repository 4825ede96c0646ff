#include "compiler/codegen/constant_blocks.h"

#include <algorithm>

#include "hw/common/error.h"
#include "hw/isa/field_tools.h"
#include "hw/isa/regions.h"

namespace npu::compiler {
namespace {

void append_little_endian(std::vector<std::uint8_t>& bytes, std::int64_t value, int count) {
  for (int byte = 0; byte < count; ++byte) bytes.push_back(static_cast<std::uint8_t>(value >> (8 * byte)));
}

void append_shifts(std::vector<std::uint8_t>& bytes, const QConv& conv, std::int64_t begin,
                   std::int64_t count, bool one_per_byte) {
  for (std::int64_t channel = 0; channel < count; channel += one_per_byte ? 1 : 2) {
    std::uint8_t packed = conv.channel_shift[begin + channel];
    if (!one_per_byte && channel + 1 < count) {
      packed = static_cast<std::uint8_t>(packed | (conv.channel_shift[begin + channel + 1] << 4));
    }
    bytes.push_back(packed);
  }
}

}  // namespace

std::vector<std::uint8_t> weight_bytes(const QConv& conv, const WeightTile& tile, bool depthwise,
                                       const hw::MachineFormat& format) {
  const std::int64_t taps = conv.window.kernel_height * conv.window.kernel_width;
  const auto out_channels = static_cast<std::int64_t>(conv.bias.size());
  const std::int64_t in_channels = static_cast<std::int64_t>(conv.weights.size()) / (taps * out_channels);
  std::vector<std::uint8_t> bytes;
  if (depthwise) {
    for (std::int64_t tap = 0; tap < taps; ++tap) {
      for (std::int64_t channel = tile.out_begin; channel < tile.out_begin + tile.out_count; ++channel) {
        append_little_endian(bytes, conv.weights[channel * taps + tap], format.weight_bytes());
      }
    }
    return bytes;
  }
  bytes.reserve(static_cast<std::size_t>(tile.out_count * taps * tile.in_count * format.weight_bytes()));
  for (std::int64_t out = tile.out_begin; out < tile.out_begin + tile.out_count; ++out) {
    for (std::int64_t tap = 0; tap < taps; ++tap) {
      const std::int64_t row = (out * taps + tap) * in_channels + tile.in_begin;
      for (std::int64_t in = 0; in < tile.in_count; ++in) {
        append_little_endian(bytes, conv.weights[row + in], format.weight_bytes());
      }
    }
  }
  return bytes;
}

std::int64_t zero_share(const QConv& conv, const WeightTile& tile, bool depthwise) {
  const std::int64_t taps = conv.window.kernel_height * conv.window.kernel_width;
  const auto out_channels = static_cast<std::int64_t>(conv.bias.size());
  const std::int64_t in_channels =
      depthwise ? 1 : static_cast<std::int64_t>(conv.weights.size()) / (taps * out_channels);
  const std::int64_t in_begin = depthwise ? 0 : tile.in_begin;
  const std::int64_t in_count = depthwise ? 1 : tile.in_count;
  std::int64_t zeros = 0;
  for (std::int64_t out = tile.out_begin; out < tile.out_begin + tile.out_count; ++out) {
    for (std::int64_t tap = 0; tap < taps; ++tap) {
      const std::int64_t row = (out * taps + tap) * in_channels + in_begin;
      for (std::int64_t in = 0; in < in_count; ++in) {
        if (conv.weights[static_cast<std::size_t>(row + in)] == conv.weight_zero_point) ++zeros;
      }
    }
  }
  const std::int64_t share = zeros * hw::kZeroShareUnit / (tile.out_count * taps * in_count);
  return std::min(share, hw::field_maximum(&hw::Conv::zero_share));
}

std::vector<std::uint8_t> parameter_bytes(const QConv& conv, std::int64_t out_begin, std::int64_t out_count,
                                          const hw::MachineFormat& format) {
  const bool per_channel = !conv.channel_multiplier.empty();
  std::vector<std::uint8_t> bytes;
  for (std::int64_t out = out_begin; out < out_begin + out_count; ++out) {
    append_little_endian(bytes, conv.bias[out], format.accumulator_bytes());
  }
  if (per_channel) {
    for (std::int64_t out = out_begin; out < out_begin + out_count; ++out) {
      append_little_endian(bytes, conv.channel_multiplier[out], 4);
    }
  }
  append_shifts(bytes, conv, out_begin, out_count, per_channel || format.shift_bits > 4);
  NPU_CHECK(
      static_cast<std::int64_t>(bytes.size()) == hw::parameter_block_bytes(out_count, format, per_channel),
      "parameter block size");
  return bytes;
}

}  // namespace npu::compiler
