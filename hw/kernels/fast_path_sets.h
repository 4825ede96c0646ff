// Internal to the fast paths: pieces shared by both instruction sets, and the two tables.
#pragma once

#include <cstdint>

#include "hw/kernels/fast_path.h"

namespace npu::hw {

const FastPath& fast_path_avx2();
const FastPath& fast_path_vnni();

/// FastPath::interleave for lanes of four bytes x + 128. Needs AVX2. `channels` is a multiple of
/// kBlockChannels.
void interleave_offset_bytes(const std::uint8_t* const* columns, std::int64_t channels, std::int64_t stride,
                             std::int64_t width, std::uint8_t* to);

/// FastPath::scaled_sum, max_window and sum_window. Need AVX2.
std::int64_t scaled_sum_avx2(const ScaledSumTask& task);
void max_window_avx2(const WindowTask& task, std::int8_t low, std::int8_t high, std::uint8_t* out);
void sum_window_avx2(const WindowTask& task, std::int32_t* sums);

}  // namespace npu::hw
