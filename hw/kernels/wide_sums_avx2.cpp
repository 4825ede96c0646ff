#include "hw/kernels/wide_sums.h"

#if defined(__x86_64__)
#include <immintrin.h>

#include <algorithm>
#include <array>
#include <cstring>

#define NPU_AVX2 __attribute__((target("avx2")))

namespace npu::hw {
namespace {

constexpr std::int64_t kVectorLanes = 8;
constexpr std::int64_t kVectorBytes = 32;
constexpr int kBlockVectors = 2;
constexpr std::int64_t kBlockBytes = kWideBlockChannels * kPairBytes;
constexpr int kDensePixels = 4;

NPU_AVX2 inline __m256i load(const void* from) {
  return _mm256_loadu_si256(static_cast<const __m256i*>(from));
}

NPU_AVX2 inline std::int32_t load_pair(const std::uint8_t* from) {
  std::int32_t pair;
  std::memcpy(&pair, from, sizeof pair);
  return pair;
}

// to[0..7] += lanes * 2^scale_bits
NPU_AVX2 inline void add_wide(std::int64_t* to, __m256i lanes, int scale_bits) {
  const __m256i low = _mm256_cvtepi32_epi64(_mm256_castsi256_si128(lanes));
  const __m256i high = _mm256_cvtepi32_epi64(_mm256_extracti128_si256(lanes, 1));
  auto* first = reinterpret_cast<__m256i*>(to);
  auto* second = reinterpret_cast<__m256i*>(to + 4);
  _mm256_storeu_si256(first, _mm256_add_epi64(load(first), _mm256_slli_epi64(low, scale_bits)));
  _mm256_storeu_si256(second, _mm256_add_epi64(load(second), _mm256_slli_epi64(high, scale_bits)));
}

// kPixels pixels x 16 output channels: 32-bit sums in registers, widened into memory before they could wrap.
template <int kPixels>
NPU_AVX2 void dense_block(const WideDenseTask& task, std::int64_t pixel, const std::uint8_t* weights,
                          std::int64_t block) {
  std::array<const std::uint8_t*, kPixels> x;
  std::array<std::int64_t*, kPixels> to;
  for (int p = 0; p < kPixels; ++p) {
    x[p] = task.patch + task.pixel_offsets[pixel + p];
    to[p] = task.sums + ((pixel + p) * task.blocks + block) * kWideBlockChannels;
  }
  __m256i sums[kPixels][kBlockVectors] = {};
  std::int64_t room = kExactPairs;
  const auto widen = [&]() NPU_AVX2 {
    for (int p = 0; p < kPixels; ++p) {
      for (int v = 0; v < kBlockVectors; ++v) {
        add_wide(to[p] + v * kVectorLanes, sums[p][v], task.scale_bits);
        sums[p][v] = _mm256_setzero_si256();
      }
    }
    room = kExactPairs;
  };
  for (std::int64_t row = 0; row < task.window_rows; ++row) {
    std::int64_t at = row * task.patch_row_bytes;
    const std::int64_t end = at + task.window_row_pairs * kPairBytes;
    while (at < end) {
      if (room == 0) widen();
      const std::int64_t pairs = std::min(room, (end - at) / kPairBytes);
      room -= pairs;
      for (const std::int64_t stop = at + pairs * kPairBytes; at < stop; at += kPairBytes) {
        const __m256i w0 = load(weights);
        const __m256i w1 = load(weights + kVectorBytes);
        weights += kBlockBytes;
#pragma GCC unroll 4
        for (int p = 0; p < kPixels; ++p) {
          const __m256i factor = _mm256_set1_epi32(load_pair(x[p] + at));
          sums[p][0] = _mm256_add_epi32(sums[p][0], _mm256_madd_epi16(factor, w0));
          sums[p][1] = _mm256_add_epi32(sums[p][1], _mm256_madd_epi16(factor, w1));
        }
      }
    }
  }
  widen();
}

// Eight channels of one output pixel.
NPU_AVX2 inline void depthwise_lanes(const WideDepthwiseTask& task, std::int64_t x, std::int64_t channel) {
  constexpr std::int64_t kElementBytes = 2;
  const std::int64_t at = x * task.pixel_stride_bytes + channel * kElementBytes;
  __m256i sum = _mm256_setzero_si256();
  for (std::int64_t tap = 0; tap < task.tap_count; ++tap) {
    const auto* factors = reinterpret_cast<const __m128i*>(task.taps[tap] + at);
    const auto* w =
        reinterpret_cast<const __m128i*>(task.weights + (tap * task.channels + channel) * kElementBytes);
    sum = _mm256_add_epi32(sum, _mm256_mullo_epi32(_mm256_cvtepi16_epi32(_mm_loadu_si128(factors)),
                                                   _mm256_cvtepi16_epi32(_mm_loadu_si128(w))));
  }
  add_wide(task.sums + x * task.channels + channel, sum, task.scale_bits);
}

}  // namespace

NPU_AVX2 void wide_dense_avx2(const WideDenseTask& task) {
  const std::int64_t block_bytes = task.window_rows * task.window_row_pairs * kBlockBytes;
  for (std::int64_t block = 0; block < task.blocks; ++block) {
    const std::uint8_t* weights = task.weights + block * block_bytes;
    std::int64_t pixel = 0;
    for (; pixel + kDensePixels <= task.pixels; pixel += kDensePixels) {
      dense_block<kDensePixels>(task, pixel, weights, block);
    }
    for (; pixel < task.pixels; ++pixel) dense_block<1>(task, pixel, weights, block);
  }
}

NPU_AVX2 void wide_depthwise_avx2(const WideDepthwiseTask& task) {
  for (std::int64_t x = 0; x < task.width; ++x) {
    for (std::int64_t channel = 0; channel < task.channels; channel += kVectorLanes) {
      depthwise_lanes(task, x, channel);
    }
  }
}

}  // namespace npu::hw

#else

#include "hw/common/error.h"

namespace npu::hw {

void wide_dense_avx2(const WideDenseTask&) {
  fail_check("AVX2", __FILE__, __LINE__, "this processor has no AVX2 instructions");
}
void wide_depthwise_avx2(const WideDepthwiseTask&) {
  fail_check("AVX2", __FILE__, __LINE__, "this processor has no AVX2 instructions");
}

}  // namespace npu::hw
#endif
