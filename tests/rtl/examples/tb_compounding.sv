// The smallest useful test bench: one compounding lane against the vectors of
//   npusim golden unit --unit compounding -o vectors/
// Reads each field with one $readmemh, writes the results for 'npusim golden check', and compares every result with the
// DPI function of docs/golden_outputs.md as it goes; a difference ends in $fatal.
//   +vectors=DIR +count=N +dump=DIR [+rounding=N] [+fault=N]      DIR/expected of the dump must exist
`include "npu_pkg.sv"
module tb_compounding
  import npu_pkg::*;
;
  import "DPI-C" function int npu_compound(
      input longint accumulator, input longint bias, input int channel_shift, input int unsigned multiplier,
      input int shift, input int unsigned negative_multiplier, input int negative_shift, input int leaky,
      input int zero_point, input int low, input int high, input int rounding, input int output_bits);

  localparam int MAX = 65536;
  logic signed [31:0] accumulator[MAX], bias[MAX];
  logic [31:0] multiplier[MAX], negative_multiplier[MAX];
  logic [7:0] channel_shift[MAX], shift[MAX], negative_shift[MAX], leaky[MAX];
  logic signed [7:0] zero_point[MAX], low[MAX], high[MAX];

  logic clk = 0, rst_n = 0, valid = 0;
  int at = 0;
  logic valid_out, saturated;
  logic signed [7:0] result;
  logic [2:0] rounding;
  logic [7:0] fault;
  npu_compounding lane (
      .clk, .rst_n, .fault(fault), .valid_in(valid), .acc(accumulator[at]), .bias(bias[at]),
      .shift_pair({4'd0, channel_shift[at][3:0]}), .shift_high(1'b0), .shift_whole(1'b0), .multiplier(multiplier[at]),
      .shift(shift[at][5:0]), .negative_multiplier(negative_multiplier[at]), .negative_shift(negative_shift[at][5:0]),
      .leaky(leaky[at][0]), .zero_point(zero_point[at]), .low(low[at]), .high(high[at]), .rounding, .valid_out, .result,
      .saturated
  );

  string vectors, dump;
  int count, errors, expected, results, saturations, rule, fault_number;
  initial begin
    if (!$value$plusargs("vectors=%s", vectors) || !$value$plusargs("count=%d", count) ||
        !$value$plusargs("dump=%s", dump) || count > MAX) $fatal(1, "+vectors=DIR +count=N +dump=DIR");
    if (!$value$plusargs("rounding=%d", rule)) rule = 0;
    if (!$value$plusargs("fault=%d", fault_number)) fault_number = 0;
    rounding = rule[2:0];
    fault = fault_number[7:0];
    $readmemh({vectors, "/stimulus/accumulator.hex"}, accumulator, 0, count - 1);
    $readmemh({vectors, "/stimulus/bias.hex"}, bias, 0, count - 1);
    $readmemh({vectors, "/stimulus/channel_shift.hex"}, channel_shift, 0, count - 1);
    $readmemh({vectors, "/stimulus/multiplier.hex"}, multiplier, 0, count - 1);
    $readmemh({vectors, "/stimulus/shift.hex"}, shift, 0, count - 1);
    $readmemh({vectors, "/stimulus/negative_multiplier.hex"}, negative_multiplier, 0, count - 1);
    $readmemh({vectors, "/stimulus/negative_shift.hex"}, negative_shift, 0, count - 1);
    $readmemh({vectors, "/stimulus/leaky.hex"}, leaky, 0, count - 1);
    $readmemh({vectors, "/stimulus/zero_point.hex"}, zero_point, 0, count - 1);
    $readmemh({vectors, "/stimulus/low.hex"}, low, 0, count - 1);
    $readmemh({vectors, "/stimulus/high.hex"}, high, 0, count - 1);
    results = $fopen({dump, "/expected/result.hex"}, "w");
    saturations = $fopen({dump, "/expected/saturated.hex"}, "w");
    if (results == 0 || saturations == 0) $fatal(1, "cannot write %s/expected", dump);
    #1 rst_n = 1;
    // One vector at a time: its constants stay while it is in the pipeline.
    for (at = 0; at < count; at = at + 1) begin
      valid = 1;
      repeat (5) begin
        #1 clk = 1;
        #1 clk = 0;
        if (valid_out) begin
          $fdisplay(results, "%02x", result);
          $fdisplay(saturations, "%02x", {7'd0, saturated});
          expected = npu_compound(64'(accumulator[at]), 64'(bias[at]), 32'(channel_shift[at]), multiplier[at], 32'(shift[at]),
                                  negative_multiplier[at], 32'(negative_shift[at]), 32'(leaky[at]), 32'(zero_point[at]),
                                  32'(low[at]), 32'(high[at]), rule, 8);
          if (expected != 32'(result)) begin
            errors = errors + 1;
            if (errors < 10) $display("vector %0d: expected %0d, found %0d", at, expected, result);
          end
        end
        valid = 0;
      end
    end
    $fclose(results);
    $fclose(saturations);
    $display("%0d vectors, %0d errors", count, errors);
    if (errors != 0) $fatal(1, "the lane is not the DPI function");
    $finish;
  end
endmodule
