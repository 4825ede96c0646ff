// AVX-512 with VNNI. vpdpbusd multiplies unsigned by signed bytes and adds four products to a 32-bit lane
// without saturation, so that x + 128 times w, started from -128 * sum(w), is exact modulo 2^32. Only
// functions marked NPU_VNNI contain these instructions, and they call nothing that is shared with other
// files: the binary runs on every x86-64 machine.
#include "hw/kernels/fast_path.h"

#if defined(__x86_64__)
#if !defined(__clang__)
// GCC 12 takes the undefined operand inside its own AVX-512 intrinsics for an uninitialised variable (bug
// 105593).
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "hw/kernels/fast_path_sets.h"

#define NPU_VNNI __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")))

namespace npu::hw {
namespace {

constexpr std::int64_t kVectorBytes = 64;
constexpr std::int64_t kVectorLanes = 16;
constexpr std::int64_t kGroupBlocks = 4;

NPU_VNNI inline std::int32_t load_lane(const std::uint8_t* from) {
  std::int32_t lane;
  std::memcpy(&lane, from, sizeof lane);
  return lane;
}

NPU_VNNI void convert(const ConvertTask& task) {
  const __m512i offset =
      _mm512_set1_epi8(static_cast<char>(0x80));  // int8 + 128, as a change of the sign bit
  const std::int64_t whole = task.channels / kVectorBytes * kVectorBytes;
  const __mmask64 rest = (__mmask64{1} << (task.channels - whole)) - 1;
  for (std::int64_t pixel = 0; pixel < task.count; ++pixel) {
    const std::uint8_t* from = task.from + pixel * task.from_stride_bytes;
    std::uint8_t* to = task.to + pixel * task.to_stride_bytes;
    for (std::int64_t at = 0; at < whole; at += kVectorBytes) {
      _mm512_storeu_si512(to + at, _mm512_xor_si512(_mm512_loadu_si512(from + at), offset));
    }
    if (rest == 0) continue;
    const __m512i last = _mm512_maskz_loadu_epi8(rest, from + whole);
    _mm512_mask_storeu_epi8(to + whole, rest, _mm512_xor_si512(last, offset));
  }
}

// Sums of kPixels pixels x kBlocks blocks of 16 output channels, all in registers.
template <int kPixels, int kBlocks>
NPU_VNNI void dense_block(const DenseTask& task, std::int64_t pixel, const std::uint8_t* weights,
                          std::int64_t first_block) {
  std::array<const std::uint8_t*, kPixels> x;
  for (int p = 0; p < kPixels; ++p) {
    // Missing pixels of the last block repeat the last one; their sums are not stored.
    x[p] = task.patch + task.pixel_offsets[pixel + p < task.pixels ? pixel + p : task.pixels - 1];
  }
  __m512i sums[kPixels][kBlocks];
  for (int b = 0; b < kBlocks; ++b) {
    const __m512i initial = _mm512_load_si512(task.initial + (first_block + b) * kBlockChannels);
    for (int p = 0; p < kPixels; ++p) sums[p][b] = initial;
  }
  for (std::int64_t row = 0; row < task.window_rows; ++row) {
    const std::int64_t begin = row * task.patch_row_bytes;
    const std::int64_t end = begin + task.window_row_lanes * kLaneBytes;
    for (std::int64_t at = begin; at < end; at += kLaneBytes) {
      __m512i w[kBlocks];
#pragma GCC unroll 4
      for (int b = 0; b < kBlocks; ++b) w[b] = _mm512_load_si512(weights + b * kBlockBytes);
      weights += kBlocks * kBlockBytes;
#pragma GCC unroll 8
      for (int p = 0; p < kPixels; ++p) {
        const __m512i factor = _mm512_set1_epi32(load_lane(x[p] + at));
#pragma GCC unroll 4
        for (int b = 0; b < kBlocks; ++b) sums[p][b] = _mm512_dpbusd_epi32(sums[p][b], factor, w[b]);
      }
    }
  }
  std::int32_t* to = task.sums + pixel * task.blocks * kBlockChannels + first_block * kBlockChannels;
  for (int p = 0; p < kPixels && pixel + p < task.pixels; ++p) {
    for (int b = 0; b < kBlocks; ++b) _mm512_store_si512(to + b * kBlockChannels, sums[p][b]);
    to += task.blocks * kBlockChannels;
  }
}

template <int kPixels, int kBlocks>
NPU_VNNI void dense_group(const DenseTask& task, const std::uint8_t* weights, std::int64_t first_block) {
  std::int64_t pixel = 0;
  for (; pixel + 1 < task.pixels; pixel += kPixels)
    dense_block<kPixels, kBlocks>(task, pixel, weights, first_block);
  if (pixel < task.pixels) dense_block<1, kBlocks>(task, pixel, weights, first_block);
}

NPU_VNNI void dense(const DenseTask& task) {
  const std::int64_t block_bytes = task.window_rows * task.window_row_lanes * kBlockBytes;
  for (std::int64_t block = 0; block < task.blocks; block += kGroupBlocks) {
    const std::uint8_t* weights = task.weights + block * block_bytes;
    switch (std::min(kGroupBlocks, task.blocks - block)) {  // pixels: as many sums as 32 registers hold
      case 1:
        dense_group<8, 1>(task, weights, block);
        break;
      case 2:
        dense_group<8, 2>(task, weights, block);
        break;
      case 3:
        dense_group<8, 3>(task, weights, block);
        break;
      default:
        dense_group<6, 4>(task, weights, block);
    }
  }
}

// Sums of kPixels neighbouring pixels of 16 channels.
template <int kPixels>
NPU_VNNI inline void depthwise_block(const DepthwiseTask& task, std::int64_t x, std::int64_t channel) {
  const std::int64_t pixel_bytes = task.channels * kLaneBytes;
  const std::int64_t at = x * pixel_bytes + channel * kLaneBytes;
  const __m512i initial = _mm512_load_si512(task.initial + channel);
  __m512i sums[kPixels];
  for (int p = 0; p < kPixels; ++p) sums[p] = initial;
  for (std::int64_t tap = 0; tap < task.taps; ++tap) {
    const __m512i w = _mm512_load_si512(task.weights + tap * task.weight_tap_bytes + channel * kLaneBytes);
    const std::uint8_t* lanes = task.lanes[tap] + at;
#pragma GCC unroll 4
    for (int p = 0; p < kPixels; ++p) {
      sums[p] = _mm512_dpbusd_epi32(sums[p], _mm512_load_si512(lanes + p * pixel_bytes), w);
    }
  }
  for (int p = 0; p < kPixels; ++p)
    _mm512_store_si512(task.sums + (x + p) * task.channels + channel, sums[p]);
}

NPU_VNNI void depthwise(const DepthwiseTask& task) {
  constexpr std::int64_t kPixels = 4;
  for (std::int64_t channel = 0; channel < task.channels; channel += kVectorLanes) {
    std::int64_t x = 0;
    for (; x + kPixels <= task.width; x += kPixels) depthwise_block<kPixels>(task, x, channel);
    for (; x < task.width; ++x) depthwise_block<1>(task, x, channel);
  }
}

// The factors of 16 channels in registers.
struct Factors {
  __m512i multiplier_even, multiplier_odd;
  __m512i constant_even, constant_odd;
  __m512i shift_even, shift_odd;
};

NPU_VNNI inline Factors load_factors(const CompoundingFactors& factors, std::int64_t channel) {
  const std::int64_t odd = channel + kVectorLanes / 2;
  return {_mm512_load_si512(factors.multiplier.data() + channel),
          _mm512_load_si512(factors.multiplier.data() + odd),
          _mm512_load_si512(factors.constant.data() + channel),
          _mm512_load_si512(factors.constant.data() + odd),
          _mm512_load_si512(factors.shift.data() + channel),
          _mm512_load_si512(factors.shift.data() + odd)};
}

// (sum * M + C) >> k of 16 channels, whose results fit 32 bits.
NPU_VNNI inline __m512i scaled(const Factors& factors, __m512i sum) {
  const __m512i even = _mm512_srav_epi64(
      _mm512_add_epi64(_mm512_mul_epi32(sum, factors.multiplier_even), factors.constant_even),
      factors.shift_even);
  const __m512i odd =
      _mm512_srav_epi64(_mm512_add_epi64(_mm512_mul_epi32(_mm512_srli_epi64(sum, 32), factors.multiplier_odd),
                                         factors.constant_odd),
                        factors.shift_odd);
  constexpr __mmask16 kOddLanes = 0xAAAA;
  return _mm512_mask_blend_epi32(kOddLanes, even, _mm512_slli_epi64(odd, 32));
}

// All pixels of up to 16 channels from `channel` of the task on.
template <bool kBySign>
NPU_VNNI std::int64_t compound_block(const CompoundingTable& table, const CompoundTask& task,
                                     std::int64_t channel) {
  const __m512i low = _mm512_set1_epi32(table.low);
  const __m512i high = _mm512_set1_epi32(table.high);
  const __m512i cut_below = _mm512_set1_epi32(table.cut_below);
  const __m512i cut_above = _mm512_set1_epi32(table.cut_above);
  const std::int64_t in_table = task.first_channel + channel;
  const Factors factors = load_factors(table.factors, in_table);
  const Factors negative = kBySign ? load_factors(table.negative, in_table) : Factors{};
  const __m512i negative_below =
      kBySign ? _mm512_load_si512(table.negative_below.data() + in_table) : _mm512_setzero_si512();
  const std::int64_t here = std::min(kVectorLanes, task.channels - channel);
  const auto mask = static_cast<__mmask16>(0xFFFFU >> (kVectorLanes - here));
  const std::int32_t* sums = task.sums + channel;
  std::uint8_t* out = task.out + channel;
  std::int64_t saturated = 0;
  for (std::int64_t pixel = 0; pixel < task.pixels; ++pixel) {
    const __m512i sum = _mm512_load_si512(sums);
    __m512i value = scaled(factors, sum);
    if constexpr (kBySign) {
      value =
          _mm512_mask_mov_epi32(value, _mm512_cmplt_epi32_mask(sum, negative_below), scaled(negative, sum));
    }
    const __mmask16 not_below = _mm512_mask_cmpge_epi32_mask(mask, value, cut_below);
    const __mmask16 inside = _mm512_mask_cmple_epi32_mask(not_below, value, cut_above);
    saturated += std::popcount(static_cast<unsigned>(mask ^ inside));
    value = _mm512_min_epi32(_mm512_max_epi32(value, low), high);
    const __m128i bytes = _mm512_cvtepi32_epi8(value);
    if (here == kVectorLanes) {
      _mm_storeu_si128(reinterpret_cast<__m128i*>(out), bytes);
    } else {
      _mm_mask_storeu_epi8(out, mask, bytes);
    }
    sums += task.sum_stride;
    out += task.pixel_stride_bytes;
  }
  return saturated;
}

NPU_VNNI std::int64_t compound(const CompoundingTable& table, const CompoundTask& task) {
  std::int64_t saturated = 0;
  for (std::int64_t channel = 0; channel < task.channels; channel += kVectorLanes) {
    saturated += table.by_sign ? compound_block<true>(table, task, channel)
                               : compound_block<false>(table, task, channel);
  }
  return saturated;
}

}  // namespace

const FastPath& fast_path_vnni() {
  static const FastPath kPath{.lane_elements = 4,
                              .element_bytes = 1,
                              .vector_lanes = static_cast<int>(kVectorLanes),
                              .group_blocks = kGroupBlocks,
                              .offset_input = true,
                              .wider = &fast_path_avx2(),
                              .logical_shift = false,
                              .convert = convert,
                              .dense = dense,
                              .interleave = interleave_offset_bytes,
                              .depthwise = depthwise,
                              .compound = compound,
                              .scaled_sum = scaled_sum_avx2,
                              .max_window = max_window_avx2,
                              .sum_window = sum_window_avx2};
  return kPath;
}

}  // namespace npu::hw
#endif
