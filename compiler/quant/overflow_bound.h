// Exact bounds of what an accumulator can hold, from the actual weights and any input of the activation type.
// Partial sums are bounded in *any* order of accumulation, so that every tiling and dataflow is covered.
#pragma once

#include <cstdint>

#include "compiler/quant/quantized_graph.h"

namespace npu::compiler {

/// Smallest and largest value that some subset of one channel's products can sum to. Both are reached by a
/// window without padding, so the bound is tight. lowest <= 0 <= highest.
struct AccumulatorRange {
  std::int64_t lowest = 0;
  std::int64_t highest = 0;
};

/// Range of the sum over taps of x * (q - z_w) (the input's zero point is in the bias), x any value of
/// `activation_bits` bits.
AccumulatorRange accumulator_range(const QConv& conv, std::int64_t out_channel, int activation_bits);

/// Largest |sum - count * zero_point| of a window of up to `pixels` real pixels, x any value of
/// `activation_bits` bits.
std::int64_t largest_window_sum(std::int64_t pixels, std::int32_t zero_point, int activation_bits);

}  // namespace npu::compiler
