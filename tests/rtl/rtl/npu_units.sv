// The units side by side, as one top module for simulation: PE array, compounding lanes, residual-add lanes.
`include "npu_pkg.sv"
module npu_units #(
    parameter int N = 16,
    parameter int AB = 8,
    parameter int WB = 8,
    parameter int ACC = 32,
    parameter int R = 16,
    parameter int LANES = 16,
    localparam int IB = (R > 1) ? $clog2(R) : 1,
    localparam int RB = (N > 1) ? $clog2(N) : 1
) (
    input logic clk,
    input logic rst_n,
    input logic [7:0] fault,
    // PE array
    input logic os,
    input logic w_load,
    input logic [RB-1:0] w_row,
    input logic w_swap,
    input logic [N*WB-1:0] w_in,
    input logic ws_valid,
    input logic [N*AB-1:0] a_in,
    input logic [2:0] os_move,
    input logic os_mac,
    input logic os_first,
    input logic os_bank,
    input logic [IB-1:0] os_index,
    input logic [WB-1:0] os_weight,
    input logic os_drain_load,
    input logic [IB-1:0] os_drain_index,
    output logic ws_out_valid,
    output logic [N*ACC-1:0] sum_out,
    // output step: compounding lanes; the shared constants serve the add lanes too
    input logic c_valid,
    input logic [LANES*ACC-1:0] c_acc,
    input logic [LANES*ACC-1:0] c_bias,
    input logic [LANES*8-1:0] c_shift_pair,
    input logic [LANES-1:0] c_shift_high,
    input logic c_shift_whole,
    input logic [LANES*32-1:0] c_multiplier,
    input logic [5:0] c_shift,
    input logic [31:0] c_negative_multiplier,
    input logic [5:0] c_negative_shift,
    input logic c_leaky,
    input logic [AB-1:0] c_zero_point,
    input logic [AB-1:0] c_low,
    input logic [AB-1:0] c_high,
    input logic [2:0] c_rounding,
    output logic c_out_valid,
    output logic [LANES*AB-1:0] c_result,
    output logic [LANES-1:0] c_saturated,
    // residual add
    input logic v_valid,
    input logic [LANES*AB-1:0] v_a,
    input logic [LANES*AB-1:0] v_b,
    input logic [AB-1:0] v_a_zero_point,
    input logic [AB-1:0] v_b_zero_point,
    input logic [31:0] v_a_multiplier,
    input logic [31:0] v_b_multiplier,
    output logic v_out_valid,
    output logic [LANES*AB-1:0] v_result
);
  npu_pe_array #(
      .N(N),
      .AB(AB),
      .WB(WB),
      .ACC(ACC),
      .R(R)
  ) array (
      .*
  );
  logic [LANES-1:0] c_valids, v_valids;
  for (genvar l = 0; l < LANES; ++l) begin : g_lane
    npu_compounding #(
        .ACC (ACC),
        .DATA(AB)
    ) compounding (
        .clk,
        .rst_n,
        .fault,
        .valid_in(c_valid),
        .acc(c_acc[l*ACC+:ACC]),
        .bias(c_bias[l*ACC+:ACC]),
        .shift_pair(c_shift_pair[l*8+:8]),
        .shift_high(c_shift_high[l]),
        .shift_whole(c_shift_whole),
        .multiplier(c_multiplier[l*32+:32]),
        .shift(c_shift),
        .negative_multiplier(c_negative_multiplier),
        .negative_shift(c_negative_shift),
        .leaky(c_leaky),
        .zero_point(c_zero_point),
        .low(c_low),
        .high(c_high),
        .rounding(c_rounding),
        .valid_out(c_valids[l]),
        .result(c_result[l*AB+:AB]),
        .saturated(c_saturated[l])
    );
    npu_scaled_add #(
        .DATA(AB)
    ) add (
        .clk,
        .rst_n,
        .fault,
        .valid_in(v_valid),
        .a(v_a[l*AB+:AB]),
        .b(v_b[l*AB+:AB]),
        .a_zero_point(v_a_zero_point),
        .b_zero_point(v_b_zero_point),
        .a_multiplier(v_a_multiplier),
        .b_multiplier(v_b_multiplier),
        .shift(c_shift),
        .zero_point(c_zero_point),
        .low(c_low),
        .high(c_high),
        .rounding(c_rounding),
        .valid_out(v_valids[l]),
        .result(v_result[l*AB+:AB])
    );
  end
  assign c_out_valid = &c_valids;
  assign v_out_valid = &v_valids;
endmodule
