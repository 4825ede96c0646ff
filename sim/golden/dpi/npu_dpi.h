/* The arithmetic of hw/numerics for SystemVerilog test benches (DPI-C, IEEE 1800-2017 annex H). Plain C
   types: int is 32 bits, long long 64. Import declarations: docs/golden_outputs.md. No state, no errors:
   arguments out of range are the caller's fault and give some number. */
#pragma once
#ifdef __cplusplus
extern "C" {
#endif

/* One output of the compounding unit: clamp(zero_point + round((accumulator + bias) * M >> (n + e)), low,
   high). `rounding` as in docs/numerics.md: 0 half_up, 1 half_away, 2 half_even, 3 floor, 4 toward_zero, 5
   gemmlowp. */
int npu_compound(long long accumulator, long long bias, int channel_shift, unsigned int multiplier, int shift,
                 unsigned int negative_multiplier, int negative_shift, int leaky, int zero_point, int low,
                 int high, int rounding, int output_bits);

/* A PE's step: sum + activation * weight, wrapped to accumulator_bits. */
long long npu_mac(long long sum, int activation, int weight, int accumulator_bits);

/* A residual add. */
int npu_scaled_add(int a, int b, int a_zero_point, int b_zero_point, unsigned int a_multiplier,
                   unsigned int b_multiplier, int shift, int zero_point, int low, int high, int rounding,
                   int output_bits);

#ifdef __cplusplus
}
#endif
