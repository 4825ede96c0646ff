// AVX2. vpmaddwd multiplies signed words and adds two products to a 32-bit lane: exact for bytes widened to
// words. (vpmaddubsw would be faster, but saturates at 16 bits.) Only functions marked NPU_AVX2 contain these
// instructions.
#include "hw/kernels/fast_path_sets.h"

#if defined(__x86_64__)
#include <immintrin.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#define NPU_AVX2 __attribute__((target("avx2")))

namespace npu::hw {
namespace {

constexpr std::int64_t kVectorLanes = 8;
constexpr std::int64_t kVectorBytes = 32;
constexpr std::int64_t kBlockVectors = kBlockChannels / kVectorLanes;
constexpr std::int64_t kDensePixels = 4;

NPU_AVX2 inline __m256i load(const void* from) {
  return _mm256_load_si256(static_cast<const __m256i*>(from));
}
NPU_AVX2 inline void store(void* to, __m256i value) { _mm256_store_si256(static_cast<__m256i*>(to), value); }
NPU_AVX2 inline __m128i load_half(const void* from) {
  return _mm_loadu_si128(static_cast<const __m128i*>(from));
}

NPU_AVX2 inline std::int32_t load_lane(const std::uint8_t* from) {
  std::int32_t lane;
  std::memcpy(&lane, from, sizeof lane);
  return lane;
}

// int8 to int16.
NPU_AVX2 void convert(const ConvertTask& task) {
  constexpr std::int64_t kStep = 16;
  for (std::int64_t pixel = 0; pixel < task.count; ++pixel) {
    const std::uint8_t* from = task.from + pixel * task.from_stride_bytes;
    std::uint8_t* to = task.to + pixel * task.to_stride_bytes;
    std::int64_t done = 0;
    for (; done + kStep <= task.channels; done += kStep) {
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + 2 * done),
                          _mm256_cvtepi8_epi16(load_half(from + done)));
    }
    for (; done < task.channels; ++done) {
      const auto word = static_cast<std::int16_t>(static_cast<std::int8_t>(from[done]));
      std::memcpy(to + 2 * done, &word, sizeof word);
    }
  }
}

// Sums of kPixels pixels x 16 output channels, all in registers.
template <int kPixels>
NPU_AVX2 void dense_block(const DenseTask& task, std::int64_t pixel, const std::uint8_t* weights,
                          std::int64_t block) {
  std::array<const std::uint8_t*, kPixels> x;
  for (int p = 0; p < kPixels; ++p) {
    // Missing pixels of the last block repeat the last one; their sums are not stored.
    x[p] = task.patch + task.pixel_offsets[pixel + p < task.pixels ? pixel + p : task.pixels - 1];
  }
  __m256i sums[kPixels][kBlockVectors];
  for (int v = 0; v < kBlockVectors; ++v) {
    const __m256i initial = load(task.initial + block * kBlockChannels + v * kVectorLanes);
    for (int p = 0; p < kPixels; ++p) sums[p][v] = initial;
  }
  for (std::int64_t row = 0; row < task.window_rows; ++row) {
    const std::int64_t begin = row * task.patch_row_bytes;
    const std::int64_t end = begin + task.window_row_lanes * kLaneBytes;
    for (std::int64_t at = begin; at < end; at += kLaneBytes) {
      const __m256i w0 = load(weights);
      const __m256i w1 = load(weights + kVectorBytes);
      weights += kBlockBytes;
#pragma GCC unroll 4
      for (int p = 0; p < kPixels; ++p) {
        const __m256i factor = _mm256_set1_epi32(load_lane(x[p] + at));
        sums[p][0] = _mm256_add_epi32(sums[p][0], _mm256_madd_epi16(factor, w0));
        sums[p][1] = _mm256_add_epi32(sums[p][1], _mm256_madd_epi16(factor, w1));
      }
    }
  }
  std::int32_t* to = task.sums + (pixel * task.blocks + block) * kBlockChannels;
  for (int p = 0; p < kPixels && pixel + p < task.pixels; ++p) {
    for (int v = 0; v < kBlockVectors; ++v) store(to + v * kVectorLanes, sums[p][v]);
    to += task.blocks * kBlockChannels;
  }
}

NPU_AVX2 void dense(const DenseTask& task) {
  const std::int64_t block_bytes = task.window_rows * task.window_row_lanes * kBlockBytes;
  for (std::int64_t block = 0; block < task.blocks; ++block) {
    const std::uint8_t* weights = task.weights + block * block_bytes;
    std::int64_t pixel = 0;
    for (; pixel + 1 < task.pixels; pixel += kDensePixels)
      dense_block<kDensePixels>(task, pixel, weights, block);
    if (pixel < task.pixels) dense_block<1>(task, pixel, weights, block);
  }
}

// Lanes of two words: this pixel's and the next one's.
NPU_AVX2 void interleave_words(const std::uint8_t* const* columns, std::int64_t channels, std::int64_t stride,
                               std::int64_t width, std::uint8_t* to) {
  for (std::int64_t x = 0; x < width; ++x, columns += stride) {
    for (std::int64_t channel = 0; channel < channels; channel += kBlockChannels, to += kBlockBytes) {
      const __m256i first = _mm256_cvtepi8_epi16(load_half(columns[0] + channel));
      const __m256i second = _mm256_cvtepi8_epi16(load_half(columns[1] + channel));
      const __m256i low = _mm256_unpacklo_epi16(first, second);   // channels 0-3 and 8-11
      const __m256i high = _mm256_unpackhi_epi16(first, second);  // channels 4-7 and 12-15
      store(to, _mm256_permute2x128_si256(low, high, 0x20));
      store(to + kVectorBytes, _mm256_permute2x128_si256(low, high, 0x31));
    }
  }
}

template <int kPixels>
NPU_AVX2 inline void depthwise_block(const DepthwiseTask& task, std::int64_t x, std::int64_t channel) {
  const std::int64_t pixel_bytes = task.channels * kLaneBytes;
  const std::int64_t at = x * pixel_bytes + channel * kLaneBytes;
  const __m256i initial = load(task.initial + channel);
  __m256i sums[kPixels];
  for (int p = 0; p < kPixels; ++p) sums[p] = initial;
  for (std::int64_t tap = 0; tap < task.taps; ++tap) {
    const __m256i w = load(task.weights + tap * task.weight_tap_bytes + channel * kLaneBytes);
    const std::uint8_t* lanes = task.lanes[tap] + at;
#pragma GCC unroll 4
    for (int p = 0; p < kPixels; ++p) {
      sums[p] = _mm256_add_epi32(sums[p], _mm256_madd_epi16(load(lanes + p * pixel_bytes), w));
    }
  }
  for (int p = 0; p < kPixels; ++p) store(task.sums + (x + p) * task.channels + channel, sums[p]);
}

NPU_AVX2 void depthwise(const DepthwiseTask& task) {
  constexpr std::int64_t kPixels = 4;
  for (std::int64_t channel = 0; channel < task.channels; channel += kVectorLanes) {
    std::int64_t x = 0;
    for (; x + kPixels <= task.width; x += kPixels) depthwise_block<kPixels>(task, x, channel);
    for (; x < task.width; ++x) depthwise_block<1>(task, x, channel);
  }
}

// The factors of 8 channels in registers.
struct Factors {
  __m256i multiplier_even, multiplier_odd;
  __m256i constant_even, constant_odd;
  __m256i shift_even, shift_odd;
  __m256i correction;
};

NPU_AVX2 inline Factors load_factors(const CompoundingFactors& factors, std::int64_t channel) {
  const std::int64_t odd = channel + kVectorLanes / 2;
  return {load(factors.multiplier.data() + channel), load(factors.multiplier.data() + odd),
          load(factors.constant.data() + channel),   load(factors.constant.data() + odd),
          load(factors.shift.data() + channel),      load(factors.shift.data() + odd),
          load(factors.correction.data() + channel)};
}

// (sum * M + C) >> k of 8 channels. AVX2 has no arithmetic shift of 64-bit lanes: C contains 2^62, which
// makes the number positive, and the logical shift's excess 2^(62 - k) is taken away afterwards, modulo 2^32.
NPU_AVX2 inline __m256i scaled(const Factors& factors, __m256i sum) {
  const __m256i even = _mm256_srlv_epi64(
      _mm256_add_epi64(_mm256_mul_epi32(sum, factors.multiplier_even), factors.constant_even),
      factors.shift_even);
  const __m256i odd =
      _mm256_srlv_epi64(_mm256_add_epi64(_mm256_mul_epi32(_mm256_srli_epi64(sum, 32), factors.multiplier_odd),
                                         factors.constant_odd),
                        factors.shift_odd);
  constexpr int kOddLanes = 0xAA;
  return _mm256_sub_epi32(_mm256_blend_epi32(even, _mm256_slli_epi64(odd, 32), kOddLanes),
                          factors.correction);
}

// The low bytes of 8 lanes that hold int8 values, in the low half of the result.
NPU_AVX2 inline __m128i narrowed(__m256i value) {
  const __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(value), _mm256_extracti128_si256(value, 1));
  return _mm_packs_epi16(words, words);
}

// All pixels of up to 8 channels from `channel` of the task on.
template <bool kBySign>
NPU_AVX2 std::int64_t compound_block(const CompoundingTable& table, const CompoundTask& task,
                                     std::int64_t channel) {
  const __m256i low = _mm256_set1_epi32(table.low);
  const __m256i high = _mm256_set1_epi32(table.high);
  const __m256i cut_below = _mm256_set1_epi32(table.cut_below);
  const __m256i cut_above = _mm256_set1_epi32(table.cut_above);
  const std::int64_t in_table = task.first_channel + channel;
  const Factors factors = load_factors(table.factors, in_table);
  const Factors negative = kBySign ? load_factors(table.negative, in_table) : Factors{};
  const __m256i negative_below =
      kBySign ? load(table.negative_below.data() + in_table) : _mm256_setzero_si256();
  const std::int64_t here = std::min(kVectorLanes, task.channels - channel);
  const unsigned mask = 0xFFU >> (kVectorLanes - here);
  const std::int32_t* sums = task.sums + channel;
  std::uint8_t* out = task.out + channel;
  std::int64_t saturated = 0;
  for (std::int64_t pixel = 0; pixel < task.pixels; ++pixel) {
    const __m256i sum = load(sums);
    __m256i value = scaled(factors, sum);
    if constexpr (kBySign) {
      value = _mm256_blendv_epi8(value, scaled(negative, sum), _mm256_cmpgt_epi32(negative_below, sum));
    }
    const __m256i cut =
        _mm256_or_si256(_mm256_cmpgt_epi32(cut_below, value), _mm256_cmpgt_epi32(value, cut_above));
    const unsigned cut_lanes = static_cast<unsigned>(_mm256_movemask_ps(_mm256_castsi256_ps(cut))) & mask;
    saturated += std::popcount(cut_lanes);
    const __m128i bytes = narrowed(_mm256_min_epi32(_mm256_max_epi32(value, low), high));
    if (here == kVectorLanes) {
      _mm_storel_epi64(reinterpret_cast<__m128i*>(out), bytes);
    } else {
      std::uint64_t rest = 0;
      _mm_storel_epi64(reinterpret_cast<__m128i*>(&rest), bytes);
      std::memcpy(out, &rest, static_cast<std::size_t>(here));
    }
    sums += task.sum_stride;
    out += task.pixel_stride_bytes;
  }
  return saturated;
}

NPU_AVX2 std::int64_t compound(const CompoundingTable& table, const CompoundTask& task) {
  std::int64_t saturated = 0;
  for (std::int64_t channel = 0; channel < task.channels; channel += kVectorLanes) {
    saturated += table.by_sign ? compound_block<true>(table, task, channel)
                               : compound_block<false>(table, task, channel);
  }
  return saturated;
}

}  // namespace

NPU_AVX2 void interleave_offset_bytes(const std::uint8_t* const* columns, std::int64_t channels,
                                      std::int64_t stride, std::int64_t width, std::uint8_t* to) {
  const __m128i offset = _mm_set1_epi8(static_cast<char>(0x80));  // int8 + 128, as a change of the sign bit
  for (std::int64_t x = 0; x < width; ++x, columns += stride) {
    for (std::int64_t channel = 0; channel < channels; channel += kBlockChannels, to += kBlockBytes) {
      const __m128i x0 = _mm_xor_si128(load_half(columns[0] + channel), offset);
      const __m128i x1 = _mm_xor_si128(load_half(columns[1] + channel), offset);
      const __m128i x2 = _mm_xor_si128(load_half(columns[2] + channel), offset);
      const __m128i x3 = _mm_xor_si128(load_half(columns[3] + channel), offset);
      const __m128i low01 = _mm_unpacklo_epi8(x0, x1);
      const __m128i high01 = _mm_unpackhi_epi8(x0, x1);
      const __m128i low23 = _mm_unpacklo_epi8(x2, x3);
      const __m128i high23 = _mm_unpackhi_epi8(x2, x3);
      auto* vectors = reinterpret_cast<__m128i*>(to);
      _mm_store_si128(vectors, _mm_unpacklo_epi16(low01, low23));
      _mm_store_si128(vectors + 1, _mm_unpackhi_epi16(low01, low23));
      _mm_store_si128(vectors + 2, _mm_unpacklo_epi16(high01, high23));
      _mm_store_si128(vectors + 3, _mm_unpackhi_epi16(high01, high23));
    }
  }
}

const FastPath& fast_path_avx2() {
  static constexpr FastPath kPath{.lane_elements = 2,
                                  .element_bytes = 2,
                                  .vector_lanes = static_cast<int>(kVectorLanes),
                                  .group_blocks = 1,
                                  .offset_input = false,
                                  .logical_shift = true,
                                  .convert = convert,
                                  .dense = dense,
                                  .interleave = interleave_words,
                                  .depthwise = depthwise,
                                  .compound = compound,
                                  .scaled_sum = scaled_sum_avx2,
                                  .max_window = max_window_avx2,
                                  .sum_window = sum_window_avx2};
  return kPath;
}

}  // namespace npu::hw
#endif
