// The output stage of one lane: y = clamp(zero_point + round((acc + bias) * M >> (n + e)), low, high).
// Four register stages; one result per cycle. Sum, bias, shift and multiplier come with each input, the other constants
// are a layer's. `shift_pair` is a byte of the packed equalising shifts, `shift_high`
// says that this channel's nibble is the upper one; with `shift_whole` the byte is one shift (5 bits, or one multiplier
// per channel).
`include "npu_pkg.sv"
module npu_compounding
  import npu_pkg::*;
#(
    parameter int ACC = 32,
    parameter int DATA = 8
) (
    input logic clk,
    input logic rst_n,
    input logic [7:0] fault,
    input logic valid_in,
    input logic signed [ACC-1:0] acc,
    input logic signed [ACC-1:0] bias,
    input logic [7:0] shift_pair,
    input logic shift_high,
    input logic shift_whole,
    input logic [31:0] multiplier,
    input logic [5:0] shift,
    input logic [31:0] negative_multiplier,
    input logic [5:0] negative_shift,
    input logic leaky,
    input logic signed [DATA-1:0] zero_point,
    input logic signed [DATA-1:0] low,
    input logic signed [DATA-1:0] high,
    input logic [2:0] rounding,
    output logic valid_out,
    output logic signed [DATA-1:0] result,
    output logic saturated
);
  localparam logic signed [DATA-1:0] TYPE_LOW = {1'b1, {(DATA - 1) {1'b0}}};
  localparam logic signed [DATA-1:0] TYPE_HIGH = {1'b0, {(DATA - 1) {1'b1}}};

  // Stage 1: bias.
  logic signed [ACC:0] sum_1;
  logic [5:0] channel_shift_1;
  logic [31:0] multiplier_1;
  logic valid_1;
  logic upper;
  assign upper = shift_high ^ (fault == FAULT_NIBBLES_SWAPPED);
  always_ff @(posedge clk) begin
    multiplier_1 <= multiplier;
    if (fault == FAULT_NO_BIAS) sum_1 <= {acc[ACC-1], acc};
    else sum_1 <= {acc[ACC-1], acc} + {bias[ACC-1], bias};
    if (shift_whole) channel_shift_1 <= shift_pair[5:0];
    else channel_shift_1 <= {2'b0, upper ? shift_pair[7:4] : shift_pair[3:0]};
  end

  // Stage 2: product.
  product_t product_2;
  logic [5:0] shift_2;
  logic valid_2;
  logic negative;
  logic [31:0] m;
  product_t factor;
  assign negative = leaky && sum_1[ACC];
  assign m = negative ? negative_multiplier : multiplier_1;
  always_comb begin
    factor = product_t'(sum_1);
    if (fault == FAULT_SUM_16_BITS) factor = product_t'(signed'(sum_1[15:0]));
  end
  always_ff @(posedge clk) begin
    if (fault == FAULT_MULTIPLIER_SIGNED) product_2 <= factor * product_t'(signed'(m[15:0]));
    else product_2 <= factor * product_t'({64'd0, m});
    shift_2 <= (negative ? negative_shift : shift) + channel_shift_1 + ((fault == FAULT_SHIFT_PLUS_ONE) ? 6'd1 : 6'd0);
  end

  // Stage 3: rounding shift.
  product_t rounded_3;
  logic valid_3;
  always_ff @(posedge clk) begin
    if (fault == FAULT_NO_ROUNDING) rounded_3 <= round_shift(product_2, shift_2, FLOOR);
    else if (fault == FAULT_LOGICAL_SHIFT && product_2 < 0) rounded_3 <= product_t'({1'b0, product_2[PRODUCT_BITS-2:0]} >> shift_2);
    else rounded_3 <= round_shift(product_2, shift_2, rounding);
  end

  // Stage 4: zero point and clamp.
  product_t y;
  product_t top;
  assign y = rounded_3 + ((fault == FAULT_NO_ZERO_POINT) ? '0 : product_t'(zero_point));
  assign top = product_t'(high) - ((fault == FAULT_CLAMP_HIGH) ? 1 : 0);
  logic valid_4;
  logic valid_late;
  always_ff @(posedge clk) begin
    if (y > top) result <= top[DATA-1:0];
    else if (y < product_t'(low) && fault != FAULT_NO_LOW_CLAMP) result <= low;
    else result <= y[DATA-1:0];
    saturated <= (y > product_t'(TYPE_HIGH) && high == TYPE_HIGH) || (y < product_t'(TYPE_LOW) && low == TYPE_LOW);
  end

  always_ff @(posedge clk or negedge rst_n) begin
    if (!rst_n) {valid_1, valid_2, valid_3, valid_4, valid_late} <= '0;
    else begin
      valid_1 <= valid_in;
      valid_2 <= valid_1;
      valid_3 <= valid_2;
      valid_4 <= valid_3;
      valid_late <= valid_4;
    end
  end
  assign valid_out = (fault == FAULT_LATE_VALID) ? valid_late : valid_4;
endmodule
