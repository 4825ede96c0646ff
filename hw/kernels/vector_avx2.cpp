// The vector unit's work by AVX2: element-wise sums in 32-bit lanes, window maxima in bytes, window sums in
// 32-bit lanes. Only functions marked NPU_AVX2 contain these instructions.
#include "hw/kernels/fast_path_sets.h"

#if defined(__x86_64__)
#include <immintrin.h>

#include <algorithm>
#include <bit>
#include <cstring>

#define NPU_AVX2 __attribute__((target("avx2")))

namespace npu::hw {
namespace {

constexpr std::int64_t kVectorLanes = 8;
constexpr std::int64_t kVectorBytes = 32;

NPU_AVX2 inline __m256i load_bytes(const std::uint8_t* from) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
}

// Eight int8 as 32-bit lanes.
NPU_AVX2 inline __m256i widened(const std::uint8_t* from) {
  return _mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from)));
}

// Eight elements of a residual add or rescale; cut lanes in `cut`.
NPU_AVX2 inline __m128i scaled_lanes(const ScaledSumTask& task, const std::uint8_t* a, const std::uint8_t* b,
                                     unsigned& cut) {
  const __m256i sum =
      _mm256_add_epi32(_mm256_add_epi32(_mm256_mullo_epi32(widened(a), _mm256_set1_epi32(task.multiplier_a)),
                                        _mm256_mullo_epi32(widened(b), _mm256_set1_epi32(task.multiplier_b))),
                       _mm256_set1_epi32(task.constant));
  const __m256i negative = _mm256_cmpgt_epi32(_mm256_set1_epi32(task.negative_below), sum);
  const __m256i adjusted =
      _mm256_add_epi32(sum, _mm256_and_si256(negative, _mm256_set1_epi32(task.negative_adjust)));
  const __m256i value = _mm256_sra_epi32(adjusted, _mm_cvtsi32_si128(task.shift));
  const __m256i outside = _mm256_or_si256(_mm256_cmpgt_epi32(_mm256_set1_epi32(task.cut_below), value),
                                          _mm256_cmpgt_epi32(value, _mm256_set1_epi32(task.cut_above)));
  cut = static_cast<unsigned>(_mm256_movemask_ps(_mm256_castsi256_ps(outside)));
  const __m256i clamped =
      _mm256_min_epi32(_mm256_max_epi32(value, _mm256_set1_epi32(task.low)), _mm256_set1_epi32(task.high));
  const __m128i words =
      _mm_packs_epi32(_mm256_castsi256_si128(clamped), _mm256_extracti128_si256(clamped, 1));
  return _mm_packs_epi16(words, words);
}

}  // namespace

NPU_AVX2 std::int64_t scaled_sum_avx2(const ScaledSumTask& given) {
  const ScaledSumTask task = given;  // a copy that stores to bytes cannot change
  std::int64_t saturated = 0;
  unsigned cut = 0;
  std::int64_t done = 0;
  for (; done + kVectorLanes <= task.count; done += kVectorLanes) {
    const __m128i bytes = scaled_lanes(task, task.a + done, task.b + done, cut);
    saturated += std::popcount(cut);
    _mm_storel_epi64(reinterpret_cast<__m128i*>(task.out + done), bytes);
  }
  const std::int64_t rest = task.count - done;
  if (rest == 0) return saturated;
  std::uint8_t a[kVectorLanes] = {};
  std::uint8_t b[kVectorLanes] = {};
  std::uint8_t out[kVectorLanes];
  std::memcpy(a, task.a + done, static_cast<std::size_t>(rest));
  std::memcpy(b, task.b + done, static_cast<std::size_t>(rest));
  _mm_storel_epi64(reinterpret_cast<__m128i*>(out), scaled_lanes(task, a, b, cut));
  std::memcpy(task.out + done, out, static_cast<std::size_t>(rest));
  return saturated + std::popcount(cut & ((1U << rest) - 1));
}

NPU_AVX2 void max_window_avx2(const WindowTask& task, std::int8_t low, std::int8_t high, std::uint8_t* out) {
  std::int64_t channel = 0;
  for (; channel + kVectorBytes <= task.channels; channel += kVectorBytes) {
    __m256i maximum = _mm256_set1_epi8(low);
    for (std::int64_t row = 0; row < task.rows; ++row) {
      const std::uint8_t* pixel = task.first + row * task.row_stride_bytes + channel;
      for (std::int64_t column = 0; column < task.columns; ++column, pixel += task.pixel_stride_bytes) {
        maximum = _mm256_max_epi8(maximum, load_bytes(pixel));
      }
    }
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + channel),
                        _mm256_min_epi8(maximum, _mm256_set1_epi8(high)));
  }
  for (; channel < task.channels; ++channel) {
    std::int8_t maximum = low;
    for (std::int64_t row = 0; row < task.rows; ++row) {
      for (std::int64_t column = 0; column < task.columns; ++column) {
        const auto value = static_cast<std::int8_t>(
            task.first[row * task.row_stride_bytes + column * task.pixel_stride_bytes + channel]);
        maximum = value > maximum ? value : maximum;
      }
    }
    out[channel] = static_cast<std::uint8_t>(maximum < high ? maximum : high);
  }
}

NPU_AVX2 void sum_window_avx2(const WindowTask& task, std::int32_t* sums) {
  std::int64_t channel = 0;
  for (; channel + kVectorLanes <= task.channels; channel += kVectorLanes) {
    __m256i sum = _mm256_setzero_si256();
    for (std::int64_t row = 0; row < task.rows; ++row) {
      const std::uint8_t* pixel = task.first + row * task.row_stride_bytes + channel;
      for (std::int64_t column = 0; column < task.columns; ++column, pixel += task.pixel_stride_bytes) {
        sum = _mm256_add_epi32(sum, widened(pixel));
      }
    }
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(sums + channel), sum);
  }
  for (; channel < task.channels; ++channel) {
    sums[channel] = 0;
    for (std::int64_t row = 0; row < task.rows; ++row) {
      for (std::int64_t column = 0; column < task.columns; ++column) {
        sums[channel] += static_cast<std::int8_t>(
            task.first[row * task.row_stride_bytes + column * task.pixel_stride_bytes + channel]);
      }
    }
  }
}

}  // namespace npu::hw
#endif
