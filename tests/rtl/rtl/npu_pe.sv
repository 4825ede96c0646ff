// One processing element. Weight stationary: multiplies the row's broadcast activation by the weight it holds and adds
// the sum from above; the next weight waits beside it. Output stationary: multiplies its own activation
// by the broadcast weight into one of its register file's partial sums; activations move to a neighbour. The register
// file has two banks behind one read and one write port: sums grow in one, finished ones of the other leave downwards
// through the sum register, each read in a cycle without `mac`.
`include "npu_pkg.sv"
module npu_pe
  import npu_pkg::*;
#(
    parameter int AB = 8,
    parameter int WB = 8,
    parameter int ACC = 32,
    parameter int R = 16,
    localparam int IB = (R > 1) ? $clog2(R) : 1
) (
    input logic clk,
    input logic [7:0] fault,
    input logic dead,
    input logic os,
    // weights
    input logic w_load,
    input logic w_swap,
    input logic signed [WB-1:0] w_column,
    input logic signed [WB-1:0] w_broadcast,
    // activations: broadcast of the row, or moved from a neighbour
    input logic signed [AB-1:0] a_broadcast,
    input logic a_move,
    input logic signed [AB-1:0] a_neighbour,
    output logic signed [AB-1:0] a_own,
    // register file
    input logic mac,
    input logic first,
    input logic bank,
    input logic [IB-1:0] index,
    input logic drain_load,
    input logic [IB-1:0] drain_index,
    // sums
    input logic signed [ACC-1:0] sum_above,
    output logic signed [ACC-1:0] sum
);
  logic signed [WB-1:0] w_next, w_held;
  logic signed [AB-1:0] a_held;
  logic signed [ACC-1:0] register_file[2][R];
  logic read_bank;
  logic [IB-1:0] read_index, entry;
  logic signed [ACC-1:0] read;

  logic signed [AB-1:0] a;
  logic signed [WB-1:0] w;
  logic signed [AB:0] a_wide;
  logic signed [WB:0] w_wide;
  logic signed [ACC-1:0] product;
  assign a = os ? a_held : a_broadcast;
  assign w = os ? w_broadcast : w_held;
  assign a_wide = (fault == FAULT_ACTIVATION_UNSIGNED) ? {1'b0, a} : {a[AB-1], a};
  assign w_wide = (fault == FAULT_WEIGHT_UNSIGNED) ? {1'b0, w} : {w[WB-1], w};
  assign product = dead ? '0 : ACC'(a_wide) * ACC'(w_wide);
  assign read_bank = (drain_load && fault != FAULT_SAME_BANK) ? !bank : bank;
  assign read_index = drain_load ? drain_index : index;
  assign entry = (fault == FAULT_REGISTER_INDEX) ? (read_index & ~IB'(1)) : read_index;
  assign read = register_file[read_bank][entry];

  always_ff @(posedge clk) begin
    if (w_load) w_next <= w_column;
    if (w_swap) w_held <= w_next;
    if (a_move) a_held <= a_neighbour;
    if (mac) register_file[bank][entry] <= ((first && fault != FAULT_STALE_SUM) ? '0 : read) + product;
    if (os) sum <= drain_load ? read : sum_above;
    else sum <= sum_above + product;
  end
  assign a_own = a_held;
endmodule
