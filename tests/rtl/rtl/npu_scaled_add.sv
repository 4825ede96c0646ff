// One lane of the vector unit's residual add: y = clamp(z + round((a - za) * Ma + (b - zb) * Mb >> n), low, high).
// Three register stages; one result per cycle. A rescale sets the multiplier of b to 0.
`include "npu_pkg.sv"
module npu_scaled_add
  import npu_pkg::*;
#(
    parameter int DATA = 8
) (
    input logic clk,
    input logic rst_n,
    input logic [7:0] fault,
    input logic valid_in,
    input logic signed [DATA-1:0] a,
    input logic signed [DATA-1:0] b,
    input logic signed [DATA-1:0] a_zero_point,
    input logic signed [DATA-1:0] b_zero_point,
    input logic [31:0] a_multiplier,
    input logic [31:0] b_multiplier,
    input logic [5:0] shift,
    input logic signed [DATA-1:0] zero_point,
    input logic signed [DATA-1:0] low,
    input logic signed [DATA-1:0] high,
    input logic [2:0] rounding,
    output logic valid_out,
    output logic signed [DATA-1:0] result
);
  product_t a_1, b_1, sum_2, y;
  logic valid_1, valid_2;
  always_ff @(posedge clk) begin
    a_1 <= (product_t'(a) - product_t'(a_zero_point)) * product_t'({64'd0, a_multiplier});
    b_1 <= (product_t'(b) - ((fault == FAULT_ADD_ZERO_POINT) ? '0 : product_t'(b_zero_point))) * product_t'({64'd0, b_multiplier});
    sum_2 <= round_shift(a_1 + b_1, shift, (fault == FAULT_ADD_NO_ROUNDING) ? FLOOR : rounding);
    if (y > product_t'(high)) result <= high;
    else if (y < product_t'(low)) result <= low;
    else result <= y[DATA-1:0];
  end
  assign y = sum_2 + product_t'(zero_point);
  always_ff @(posedge clk or negedge rst_n) begin
    if (!rst_n) {valid_1, valid_2, valid_out} <= '0;
    else {valid_1, valid_2, valid_out} <= {valid_in, valid_1, valid_2};
  end
endmodule
