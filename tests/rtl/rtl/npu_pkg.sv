// Constants and functions shared by the units: rounding rules and, for tests of the checker, injected faults.
`ifndef NPU_PKG_SV
`define NPU_PKG_SV
package npu_pkg;
  // Numbers as in docs/numerics.md and in operand_conv_config word 25.
  localparam logic [2:0] HALF_UP = 3'd0;
  localparam logic [2:0] HALF_AWAY = 3'd1;
  localparam logic [2:0] HALF_EVEN = 3'd2;
  localparam logic [2:0] FLOOR = 3'd3;
  localparam logic [2:0] TOWARD_ZERO = 3'd4;
  localparam logic [2:0] GEMMLOWP = 3'd5;

  localparam int PRODUCT_BITS = 96;  // a 64-bit sum times a 32-bit multiplier
  typedef logic signed [PRODUCT_BITS-1:0] product_t;

  // v / 2^k by one of the single-step rules; k up to 63.
  function automatic product_t round_once(product_t v, logic [5:0] k, logic [2:0] rule);
    product_t half;
    product_t addend;
    half = (k == 6'd0) ? '0 : product_t'(1) <<< (k - 6'd1);
    case (rule)
      HALF_AWAY: addend = (k != 6'd0 && v < 0) ? half - 1 : half;
      HALF_EVEN: addend = (k == 6'd0) ? '0 : half - 1 + product_t'({95'd0, v[{1'b0, k}]});
      FLOOR: addend = '0;
      TOWARD_ZERO: addend = (k != 6'd0 && v < 0) ? (half <<< 1) - 1 : '0;
      default: addend = half;
    endcase
    return (v + addend) >>> k;
  endfunction

  // Any rule: gemmlowp rounds half up by the first 31 bits and half away by the rest.
  function automatic product_t round_shift(product_t v, logic [5:0] k, logic [2:0] rule);
    if (rule == GEMMLOWP) begin
      if (k <= 6'd31) return round_once(v, k, HALF_UP);
      return round_once(round_once(v, 6'd31, HALF_UP), k - 6'd31, HALF_AWAY);
    end
    return round_once(v, k, rule);
  endfunction

  // Faults that a simulation can switch on (port `fault`); 0 is the right design.
  localparam logic [7:0] FAULT_NO_ROUNDING = 8'd1;
  localparam logic [7:0] FAULT_NIBBLES_SWAPPED = 8'd2;
  localparam logic [7:0] FAULT_MULTIPLIER_SIGNED = 8'd3;
  localparam logic [7:0] FAULT_LATE_VALID = 8'd4;
  localparam logic [7:0] FAULT_NO_BIAS = 8'd5;
  localparam logic [7:0] FAULT_CLAMP_HIGH = 8'd6;
  localparam logic [7:0] FAULT_NO_ZERO_POINT = 8'd7;
  localparam logic [7:0] FAULT_LOGICAL_SHIFT = 8'd8;
  localparam logic [7:0] FAULT_SUM_16_BITS = 8'd9;
  localparam logic [7:0] FAULT_SHIFT_PLUS_ONE = 8'd10;
  localparam logic [7:0] FAULT_NO_LOW_CLAMP = 8'd11;
  localparam logic [7:0] FAULT_ACTIVATION_UNSIGNED = 8'd20;
  localparam logic [7:0] FAULT_WEIGHT_UNSIGNED = 8'd21;
  localparam logic [7:0] FAULT_STALE_SUM = 8'd22;
  localparam logic [7:0] FAULT_LAST_ROW_DEAD = 8'd23;
  localparam logic [7:0] FAULT_LATE_SWAP = 8'd24;
  localparam logic [7:0] FAULT_REGISTER_INDEX = 8'd25;
  localparam logic [7:0] FAULT_SAME_BANK = 8'd26;
  localparam logic [7:0] FAULT_ADD_ZERO_POINT = 8'd40;
  localparam logic [7:0] FAULT_ADD_NO_ROUNDING = 8'd41;
endpackage
`endif
