// N x N processing elements with their register files.
//
// Weight stationary: rows are input channels, columns output channels. Each cycle of w_load brings the next weights of row
// w_row; w_swap puts a whole set to work. Each cycle of ws_valid one pixel's N activations enter, one for each row; row r
// sees them r cycles later (skew registers), and so it does the swap, which acts from the cycle after it on: the next
// weights take over without a bubble, and row r may be loaded again from the cycle on in which it has swapped. N cycles
// after the pixel its N sums leave at the bottom, with ws_out_valid.
//
// Output stationary: a block of N x N output pixels. os_move shifts the activations by one PE, new ones enter at that
// edge: 1 down (N values at the top), 2 left (at the right edge), 3 right (at the left), 4 up (at the bottom). os_mac
// multiplies by the broadcast weight into entry os_index of bank os_bank. In a cycle without os_mac, os_drain_load copies
// entry os_drain_index of the other bank to the sum registers, which move down one row in every other cycle, whatever the
// rest of the array does: the bottom row leaves first.
`include "npu_pkg.sv"
module npu_pe_array
  import npu_pkg::*;
#(
    parameter int N = 16,
    parameter int AB = 8,
    parameter int WB = 8,
    parameter int ACC = 32,
    parameter int R = 16,
    localparam int IB = (R > 1) ? $clog2(R) : 1,
    localparam int RB = (N > 1) ? $clog2(N) : 1
) (
    input logic clk,
    input logic rst_n,
    input logic [7:0] fault,
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
    input logic signed [WB-1:0] os_weight,
    input logic os_drain_load,
    input logic [IB-1:0] os_drain_index,
    output logic ws_out_valid,
    output logic [N*ACC-1:0] sum_out
);
  // What row r sees in weight-stationary mode.
  logic signed [AB-1:0] a_row[N];
  logic [N-1:0] swap_row;
  logic [N-1:0] swap_past;
  logic [N-1:0] valid_past;
  always_ff @(posedge clk or negedge rst_n) begin
    if (!rst_n) {swap_past, valid_past} <= '0;
    else begin
      swap_past  <= N'({swap_past, w_swap});
      valid_past <= N'({valid_past, ws_valid});
    end
  end
  assign swap_row = N'({swap_past, w_swap});
  assign ws_out_valid = valid_past[N-1];
  for (genvar r = 0; r < N; ++r) begin : g_skew
    if (r == 0) begin : g_first
      assign a_row[0] = a_in[0+:AB];
    end else begin : g_delayed
      logic signed [AB-1:0] delay[r];
      always_ff @(posedge clk) begin
        delay[0] <= a_in[r*AB+:AB];
        for (int d = 1; d < r; ++d) delay[d] <= delay[d-1];
      end
      assign a_row[r] = delay[r-1];
    end
  end

  logic signed [ACC-1:0] sum_down[N+1][N];
  logic signed [AB-1:0] a_held[N][N];
  for (genvar c = 0; c < N; ++c) begin : g_edge
    assign sum_down[0][c] = '0;
    assign sum_out[c*ACC+:ACC] = sum_down[N][c];
  end
  for (genvar r = 0; r < N; ++r) begin : g_row
    // A swap that comes late by a cycle works on the pixel after.
    logic swap;
    logic swap_late;
    always_ff @(posedge clk) swap_late <= swap_row[r];
    assign swap = (fault == FAULT_LATE_SWAP) ? swap_late : swap_row[r];
    for (genvar c = 0; c < N; ++c) begin : g_column
      logic signed [AB-1:0] neighbour;
      always_comb begin
        case (os_move)
          3'd1: neighbour = (r == 0) ? a_in[c*AB+:AB] : a_held[(r+N-1)%N][c];
          3'd2: neighbour = (c == N - 1) ? a_in[r*AB+:AB] : a_held[r][(c+1)%N];
          3'd3: neighbour = (c == 0) ? a_in[r*AB+:AB] : a_held[r][(c+N-1)%N];
          default: neighbour = (r == N - 1) ? a_in[c*AB+:AB] : a_held[(r+1)%N][c];
        endcase
      end
      npu_pe #(
          .AB(AB),
          .WB(WB),
          .ACC(ACC),
          .R(R)
      ) pe (
          .clk,
          .fault,
          .dead(fault == FAULT_LAST_ROW_DEAD && r == N - 1),
          .os,
          .w_load(w_load && w_row == RB'(r)),
          .w_swap(swap),
          .w_column(w_in[c*WB+:WB]),
          .w_broadcast(os_weight),
          .a_broadcast(a_row[r]),
          .a_move(os_move != 3'd0),
          .a_neighbour(neighbour),
          .a_own(a_held[r][c]),
          .mac(os_mac),
          .first(os_first),
          .bank(os_bank),
          .index(os_index),
          .drain_load(os_drain_load),
          .drain_index(os_drain_index),
          .sum_above(sum_down[r][c]),
          .sum(sum_down[r+1][c])
      );
    end
  end
endmodule
