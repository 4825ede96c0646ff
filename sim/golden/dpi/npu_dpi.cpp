#include "sim/golden/dpi/npu_dpi.h"

#include "hw/numerics/elementwise.h"

using npu::hw::OutputStage;
using npu::hw::Rounding;
using npu::hw::Wide;

int npu_compound(long long accumulator, long long bias, int channel_shift, unsigned int multiplier, int shift,
                 unsigned int negative_multiplier, int negative_shift, int leaky, int zero_point, int low,
                 int high, int rounding, int output_bits) {
  const OutputStage stage{multiplier, shift, negative_multiplier, negative_shift, leaky != 0, zero_point,
                          low,        high};
  return npu::hw::apply_output_stage(Wide{accumulator} + bias, stage, channel_shift,
                                     static_cast<Rounding>(rounding), output_bits)
      .value;
}

long long npu_mac(long long sum, int activation, int weight, int accumulator_bits) {
  const std::int64_t product = std::int64_t{activation} * weight;
  // Unsigned: a 64-bit sum may wrap before it is cut.
  const auto exact = static_cast<std::uint64_t>(sum) + static_cast<std::uint64_t>(product);
  return npu::hw::wrap(static_cast<std::int64_t>(exact), accumulator_bits);
}

int npu_scaled_add(int a, int b, int a_zero_point, int b_zero_point, unsigned int a_multiplier,
                   unsigned int b_multiplier, int shift, int zero_point, int low, int high, int rounding,
                   int output_bits) {
  OutputStage stage;
  stage.shift = shift;
  stage.zero_point = zero_point;
  stage.low = low;
  stage.high = high;
  const Wide sum =
      npu::hw::scaled(a, {a_zero_point, a_multiplier}) + npu::hw::scaled(b, {b_zero_point, b_multiplier});
  return npu::hw::finish_scaled_sum(sum, stage, static_cast<Rounding>(rounding), output_bits).value;
}
