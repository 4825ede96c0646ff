// The pieces of the fast 8-bit paths that differ between instruction sets. Both paths see memory as 32-bit
// lanes: one lane holds `lane_elements` neighbouring factors of one output (VNNI: 4 bytes, AVX2: 2 words),
// and one lane of partial sums is one output channel. Everything is exact modulo 2^32, which is what a 32-bit
// accumulator holds.
#pragma once

#include <cstdint>

#include "hw/kernels/compounding_table.h"
#include "hw/kernels/kernels.h"

namespace npu::hw {

inline constexpr std::int64_t kLaneBytes = 4;
inline constexpr std::int64_t kBlockChannels = 16;                        ///< out channels packed together
inline constexpr std::int64_t kBlockBytes = kBlockChannels * kLaneBytes;  ///< one factor lane of each of them

/// Partial sums of `pixels` output pixels of a dense convolution.
struct DenseTask {
  const std::uint8_t* patch = nullptr;          ///< converted input with padding, [row][column][channel]
  const std::int64_t* pixel_offsets = nullptr;  ///< [pixels] bytes from `patch` to each pixel's window
  std::int64_t pixels = 0;
  std::int64_t patch_row_bytes = 0;
  std::int64_t window_rows = 0;
  std::int64_t window_row_lanes = 0;      ///< lanes of one window row: columns x channels
  const std::uint8_t* weights = nullptr;  ///< packed: see pack_dense
  const std::int32_t* initial = nullptr;  ///< [blocks x 16] value that sums start from
  std::int64_t blocks = 0;                ///< of kBlockChannels out channels
  std::int32_t* sums = nullptr;           ///< [pixels][blocks x 16]
};

struct ConvertTask {
  const std::uint8_t* from = nullptr;
  std::int64_t from_stride_bytes = 0;
  std::int64_t channels = 0;
  std::int64_t count = 0;
  std::uint8_t* to = nullptr;
  std::int64_t to_stride_bytes = 0;
};

/// Partial sums of one output row of a depthwise convolution.
struct DepthwiseTask {
  const std::uint8_t* const* lanes = nullptr;  ///< [taps] -> [width][channels] factor lanes
  std::int64_t taps = 0;  ///< lanes per output: window rows x ceil(columns / lane_elements)
  std::int64_t width = 0;
  std::int64_t channels = 0;              ///< padded to kBlockChannels
  const std::uint8_t* weights = nullptr;  ///< [taps] factor lanes of these channels
  std::int64_t weight_tap_bytes = 0;      ///< from tap to tap of the weights
  const std::int32_t* initial = nullptr;  ///< [channels]
  std::int32_t* sums = nullptr;           ///< [width][channels]
};

/// The output step of `pixels` neighbouring pixels, channels [first_channel, first_channel + channels) of the
/// table.
struct CompoundTask {
  std::int64_t first_channel = 0;  ///< a multiple of kBlockChannels
  std::int64_t channels = 0;
  std::int64_t pixels = 0;
  const std::int32_t* sums = nullptr;  ///< [pixels][sum_stride], from first_channel on
  std::int64_t sum_stride = 0;
  std::uint8_t* out = nullptr;  ///< first_channel of the first pixel
  std::int64_t pixel_stride_bytes = 0;
};

/// Elements of a residual add: out = clamp((a * multiplier_a + b * multiplier_b + constant) >> shift), 32
/// bits; sums below `negative_below` get `negative_adjust` before the shift (rounding rules that look at the
/// sign).
struct ScaledSumTask {
  const std::uint8_t* a = nullptr;
  const std::uint8_t* b = nullptr;
  std::uint8_t* out = nullptr;  ///< may be a or b
  std::int64_t count = 0;
  std::int32_t multiplier_a = 0;
  std::int32_t multiplier_b = 0;
  std::int32_t constant = 0;
  std::int32_t negative_below = 0;
  std::int32_t negative_adjust = 0;
  int shift = 0;
  std::int32_t low = 0;
  std::int32_t high = 0;
  std::int32_t cut_below = 0;  ///< results outside [cut_below, cut_above] count as saturated
  std::int32_t cut_above = 0;
};

/// One pooling window, all channels.
struct WindowTask {
  const std::uint8_t* first = nullptr;
  std::int64_t row_stride_bytes = 0;
  std::int64_t pixel_stride_bytes = 0;
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::int64_t channels = 0;
};

struct FastPath {
  int lane_elements = 0;
  int element_bytes = 0;
  int vector_lanes = 0;
  std::int64_t group_blocks = 0;  ///< blocks of out channels whose packed weights lie side by side
  bool offset_input = false;      ///< factors are x + 128 and the sums start from -128 * sum of weights
  const FastPath* wider =
      nullptr;                 ///< the path to take if weights less their zero point do not fit the elements
  bool logical_shift = false;  ///< the compounding shifts logically and needs its corrections

  /// int8 pixels [count][channels] to the factors the dense kernel multiplies, with byte strides from pixel
  /// to pixel.
  void (*convert)(const ConvertTask&) = nullptr;
  void (*dense)(const DenseTask&) = nullptr;
  /// Gathers lane_elements neighbouring pixels of each channel into one lane: to [width][channels] lanes from
  /// columns [pixel] -> int8 [channels], lane x starting at column x * stride.
  void (*interleave)(const std::uint8_t* const* columns, std::int64_t channels, std::int64_t stride,
                     std::int64_t width, std::uint8_t* to) = nullptr;
  void (*depthwise)(const DepthwiseTask&) = nullptr;
  /// Output step; returns the number of outputs cut by the type's range.
  std::int64_t (*compound)(const CompoundingTable&, const CompoundTask&) = nullptr;
  std::int64_t (*scaled_sum)(const ScaledSumTask&) = nullptr;  ///< returns the number of cut outputs
  /// Maximum of each channel, clamped to [low, high].
  void (*max_window)(const WindowTask&, std::int8_t low, std::int8_t high, std::uint8_t* out) = nullptr;
  void (*sum_window)(const WindowTask&, std::int32_t* sums) = nullptr;  ///< sum of each channel
};

/// Null for the scalar path and on processors of another kind.
const FastPath* fast_path(KernelPath path);

}  // namespace npu::hw
