// Sums of products for data of 8 or 16 bits in any mix, exact in 64 bits, by AVX2. vpmaddwd adds two 32-bit
// products to a lane; a 16-bit activation is taken apart into planes x = 256 * x_1 + x_0, x_0 in [0, 255],
// x_1 in [-128, 127], so that kExactPairs such lanes fit 32 bits before they must be widened:
//   |pair| <= 2 * 255 * 2^15 < 2^31 / 128, and 2 * 2^7 * 2^15 where one of the two factors has 8 bits.
// One plane is enough where activations or weights have 8 bits.
#pragma once

#include <cstdint>

namespace npu::hw {

inline constexpr std::int64_t kWideBlockChannels = 16;  ///< out channels packed together
inline constexpr std::int64_t kPairBytes = 4;           ///< two neighbouring factors of 16 bits
inline constexpr std::int64_t kExactPairs = 128;
inline constexpr int kPlaneBits = 8;

/// Sums of `pixels` output pixels of a dense convolution over one plane, added to `sums`.
struct WideDenseTask {
  const std::uint8_t* patch = nullptr;          ///< one plane with padding, [row][column][channel pairs]
  const std::int64_t* pixel_offsets = nullptr;  ///< [pixels] bytes from `patch` to each pixel's window
  std::int64_t pixels = 0;
  std::int64_t patch_row_bytes = 0;
  std::int64_t window_rows = 0;
  std::int64_t window_row_pairs = 0;      ///< pairs of one window row: columns x channel pairs
  const std::uint8_t* weights = nullptr;  ///< [block][window row][pair of the row][out channel of the block]
  std::int64_t blocks = 0;                ///< of kWideBlockChannels out channels
  int scale_bits = 0;                     ///< the plane counts 2^scale_bits times
  std::int64_t* sums = nullptr;           ///< [pixels][blocks x 16]
};
void wide_dense_avx2(const WideDenseTask& task);

/// Sums of one output row of a depthwise convolution over one plane, added to `sums`; at most kExactPairs
/// taps.
struct WideDepthwiseTask {
  const std::uint8_t* const* taps = nullptr;  ///< [tap_count] -> factors of the first pixel, [channels]
  std::int64_t tap_count = 0;
  std::int64_t width = 0;
  std::int64_t pixel_stride_bytes = 0;    ///< from output pixel to output pixel in the plane
  std::int64_t channels = 0;              ///< a multiple of kWideBlockChannels
  const std::uint8_t* weights = nullptr;  ///< [tap_count][channels] of 16 bits
  int scale_bits = 0;
  std::int64_t* sums = nullptr;  ///< [width][channels]
};
void wide_depthwise_avx2(const WideDepthwiseTask& task);

}  // namespace npu::hw
