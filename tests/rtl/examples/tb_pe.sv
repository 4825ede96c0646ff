// A test bench of one PE, weight stationary, against the vectors of
//   npusim golden unit --unit pe -o vectors/
// For each vector: the weight is loaded and put to work, then the sum passes. Writes the sums for 'npusim golden check'
// and compares each with the DPI function of docs/golden_outputs.md; a difference ends in $fatal.
//   +vectors=DIR +count=N +dump=DIR [+fault=N]      DIR/expected of the dump must exist
`include "npu_pkg.sv"
module tb_pe
  import npu_pkg::*;
;
  import "DPI-C" function longint npu_mac(
      input longint sum, input int activation, input int weight, input int accumulator_bits);

  localparam int MAX = 65536;
  logic signed [7:0] activation[MAX], weight[MAX];
  logic signed [31:0] sum_in[MAX];

  logic clk = 0, w_load = 0, w_swap = 0;
  logic [7:0] fault = 0;
  int at = 0;
  logic signed [7:0] a_own;
  logic signed [31:0] sum;
  npu_pe pe (
      .clk, .fault, .dead(1'b0), .os(1'b0), .w_load, .w_swap, .w_column(weight[at]), .w_broadcast(8'd0),
      .a_broadcast(activation[at]), .a_move(1'b0), .a_neighbour(8'd0), .a_own, .mac(1'b0), .first(1'b0), .bank(1'b0),
      .index(4'd0), .drain_load(1'b0), .drain_index(4'd0), .sum_above(sum_in[at]), .sum
  );

  task automatic tick();
    #1 clk = 1;
    #1 clk = 0;
  endtask

  string vectors, dump;
  int count, errors, sums, fault_number;
  initial begin
    if (!$value$plusargs("vectors=%s", vectors) || !$value$plusargs("count=%d", count) ||
        !$value$plusargs("dump=%s", dump) || count > MAX) $fatal(1, "+vectors=DIR +count=N +dump=DIR");
    if ($value$plusargs("fault=%d", fault_number)) fault = fault_number[7:0];
    $readmemh({vectors, "/stimulus/activation.hex"}, activation, 0, count - 1);
    $readmemh({vectors, "/stimulus/weight.hex"}, weight, 0, count - 1);
    $readmemh({vectors, "/stimulus/sum_in.hex"}, sum_in, 0, count - 1);
    sums = $fopen({dump, "/expected/sum_out.hex"}, "w");
    if (sums == 0) $fatal(1, "cannot write %s/expected", dump);
    for (at = 0; at < count; at = at + 1) begin
      w_load = 1;
      tick();
      w_load = 0;
      w_swap = 1;
      tick();
      w_swap = 0;
      tick();
      $fdisplay(sums, "%08x", sum);
      if (npu_mac(64'(sum_in[at]), 32'(activation[at]), 32'(weight[at]), 32) != 64'(sum)) begin
        errors = errors + 1;
        if (errors < 10) $display("vector %0d: found %0d", at, sum);
      end
    end
    $fclose(sums);
    $display("%0d vectors, %0d errors", count, errors);
    if (errors != 0) $fatal(1, "the PE is not the DPI function");
    $finish;
  end
endmodule
