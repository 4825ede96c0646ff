#include "hw/kernels/packed_conv.h"

#include <algorithm>
#include <limits>

#include "hw/common/units.h"
#include "hw/kernels/element_access.h"

namespace npu::hw {
namespace {

constexpr int kFastBits = 8;
constexpr std::int64_t kInputOffset = 128;             // of paths with offset_input
constexpr std::int64_t kLargestProduct = 1 << 14;      // |int8 * int8|
constexpr std::int64_t kLargestWideProduct = 1 << 15;  // with a weight zero point: |int8 * 9 bits|

/// The weights of one CONV as factors of a path: dense [out_channel][row][column][in_channel] or depthwise.
class Packer {
 public:
  Packer(const Conv& conv, const std::uint8_t* weights, const FastPath& path, PackedConv& packed)
      : conv_(conv), weights_(weights), path_(path), packed_(packed) {}

  /// False if a factor does not fit the path's elements.
  bool run() {
    const std::int64_t padded = round_up(conv_.out_channels, kBlockChannels);
    packed_.initial.assign(static_cast<std::size_t>(padded), 0);
    conv_.depthwise != 0 ? pack_depthwise(padded) : pack_dense(padded);
    return fits_;
  }

 private:
  std::int64_t factor(std::int64_t index) const {
    return load_element<std::int8_t>(weights_ + index) - conv_.weight_zero_point;
  }

  // Puts `factor` of `out_channel` at byte `at`.
  void put(std::int64_t at, std::int64_t factor, std::int64_t out_channel) {
    std::uint8_t* to = packed_.weights.data() + at;
    if (path_.element_bytes == 1) {
      fits_ = fits_ && factor >= std::numeric_limits<std::int8_t>::min() &&
              factor <= std::numeric_limits<std::int8_t>::max();
      store_element(to, static_cast<std::int8_t>(factor));
    } else {
      store_element(to, static_cast<std::int16_t>(factor));
    }
    if (path_.offset_input) {
      packed_.initial[static_cast<std::size_t>(out_channel)] -=
          static_cast<std::int32_t>(kInputOffset * factor);
    }
  }

  // [group][window row][lane of the row][block of the group][out channel of the block][lane element]; a row's
  // lanes are its columns one after the other, each with its input channels padded to whole lanes.
  void pack_dense(std::int64_t padded_channels) {
    const std::int64_t pixel_lanes = ceil_div(conv_.in_channels, path_.lane_elements);
    const std::int64_t lanes = conv_.kernel_height * conv_.kernel_width * pixel_lanes;
    packed_.weights.assign(static_cast<std::size_t>(lanes * padded_channels * kLaneBytes), 0);
    const std::int64_t blocks = padded_channels / kBlockChannels;
    for (std::int64_t out_channel = 0; out_channel < conv_.out_channels; ++out_channel) {
      const std::int64_t block = out_channel / kBlockChannels;
      const std::int64_t group = block / path_.group_blocks;
      const std::int64_t blocks_here = std::min(path_.group_blocks, blocks - group * path_.group_blocks);
      const std::int64_t start = group * path_.group_blocks * lanes * kBlockBytes +
                                 (block % path_.group_blocks) * kBlockBytes +
                                 out_channel % kBlockChannels * kLaneBytes;
      std::int64_t index = out_channel * conv_.kernel_height * conv_.kernel_width * conv_.in_channels;
      for (std::int64_t tap = 0; tap < conv_.kernel_height * conv_.kernel_width; ++tap) {
        for (std::int64_t channel = 0; channel < conv_.in_channels; ++channel, ++index) {
          const std::int64_t lane = tap * pixel_lanes + channel / path_.lane_elements;
          put(start + lane * blocks_here * kBlockBytes + channel % path_.lane_elements * path_.element_bytes,
              factor(index), out_channel);
        }
      }
    }
  }

  // [window row][lane of the row][channel][lane element]: a row's columns padded to whole lanes.
  void pack_depthwise(std::int64_t padded_channels) {
    const std::int64_t row_lanes = ceil_div(conv_.kernel_width, path_.lane_elements);
    packed_.weights.assign(
        static_cast<std::size_t>(conv_.kernel_height * row_lanes * padded_channels * kLaneBytes), 0);
    for (std::int64_t dy = 0; dy < conv_.kernel_height; ++dy) {
      for (std::int64_t dx = 0; dx < conv_.kernel_width; ++dx) {
        const std::int64_t tap = dy * conv_.kernel_width + dx;
        const std::int64_t lane = dy * row_lanes + dx / path_.lane_elements;
        for (std::int64_t channel = 0; channel < conv_.out_channels; ++channel) {
          put((lane * padded_channels + channel) * kLaneBytes +
                  dx % path_.lane_elements * path_.element_bytes,
              factor(tap * conv_.out_channels + channel), channel);
        }
      }
    }
  }

  const Conv& conv_;
  const std::uint8_t* weights_;
  const FastPath& path_;
  PackedConv& packed_;
  bool fits_ = true;
};

// Bound of |acc| when the compounding starts.
std::int64_t largest_sum(const Conv& conv) {
  const std::int64_t any = std::int64_t{1} << 31;
  if (conv.first == 0) return any;
  const std::int64_t terms =
      conv.kernel_height * conv.kernel_width * (conv.depthwise != 0 ? 1 : conv.in_channels);
  return std::min(any, terms * (conv.weight_zero_point == 0 ? kLargestProduct : kLargestWideProduct));
}

bool fast_operands(const Conv& conv, const MachineFormat& format) {
  return format.weight_bits == kFastBits && format.activation_bits == kFastBits &&
         format.accumulator_bits == 32 && conv.low <= conv.high && conv.weight_zero_point >= INT8_MIN &&
         conv.weight_zero_point <= INT8_MAX;
}

}  // namespace

void PackedConvCache::pack(const Conv& conv, std::int64_t pc, const ConvOperands& operands,
                           PackedConv& packed) const {
  const MachineFormat& format = cache_.format();
  if (!fast_operands(conv, format)) return;
  const FastPath* path = &path_;
  while (path != nullptr && !Packer(conv, operands.weights, *path, packed).run()) path = path->wider;
  if (path == nullptr) return;
  if (conv.last != 0) {
    ChannelParameters parameters;
    read_channel_parameters(conv, pc, format, operands.parameters, parameters);
    if (!build_compounding(conv, parameters, largest_sum(conv),
                           {format.rounding, path->vector_lanes, path->logical_shift}, packed.compounding)) {
      return;
    }
  }
  packed.path = path;
}

}  // namespace npu::hw
