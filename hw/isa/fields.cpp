#include "hw/isa/fields.h"

#include <array>

#include "hw/common/error.h"

namespace npu::hw {
namespace {

constexpr bool kSigned = true;
constexpr bool kUnsigned = false;
constexpr bool kMinusOne = true;
constexpr bool kPlain = false;

constexpr std::array kSyncFields{
    Field<Sync>{"unit", 3, kUnsigned, kPlain, &Sync::unit, "unit that waits and signals"},
};

constexpr std::array kTransferFields{
    Field<Transfer>{"dram_address", 40, kUnsigned, kPlain, &Transfer::dram_address, "first byte in DRAM"},
    Field<Transfer>{"dram_stride1", 32, kUnsigned, kPlain, &Transfer::dram_stride1, "bytes from run to run in DRAM"},
    Field<Transfer>{"dram_stride2", 32, kUnsigned, kPlain, &Transfer::dram_stride2,
                    "bytes from plane to plane in DRAM"},
    Field<Transfer>{"sram_address", 22, kUnsigned, kPlain, &Transfer::sram_address, "first byte in the SRAM"},
    Field<Transfer>{"sram_stride1", 22, kUnsigned, kPlain, &Transfer::sram_stride1, "bytes from run to run in SRAM"},
    Field<Transfer>{"sram_stride2", 22, kUnsigned, kPlain, &Transfer::sram_stride2,
                    "bytes from plane to plane in SRAM"},
    Field<Transfer>{"run_bytes", 22, kUnsigned, kMinusOne, &Transfer::run_bytes, "contiguous bytes of one run"},
    Field<Transfer>{"count1", 20, kUnsigned, kMinusOne, &Transfer::count1, "runs in a plane"},
    Field<Transfer>{"count2", 20, kUnsigned, kMinusOne, &Transfer::count2, "planes"},
};

constexpr std::array kConvFields{
    Field<Conv>{"dataflow", 2, kUnsigned, kPlain, &Conv::dataflow, "0 weight stationary, 1 output stationary"},
    Field<Conv>{"depthwise", 1, kUnsigned, kPlain, &Conv::depthwise, "one input channel per output channel"},
    Field<Conv>{"first", 1, kUnsigned, kPlain, &Conv::first, "accumulators start from zero"},
    Field<Conv>{"last", 1, kUnsigned, kPlain, &Conv::last, "compound the accumulators and write the outputs"},
    Field<Conv>{"leaky", 1, kUnsigned, kPlain, &Conv::leaky, "a second multiplier and shift below zero (LeakyReLU)"},
    Field<Conv>{"per_channel_multiplier", 1, kUnsigned, kPlain, &Conv::per_channel_multiplier,
                "a multiplier of 32 bits and a shift byte per channel in the parameter block"},
    Field<Conv>{"in_address", 22, kUnsigned, kPlain, &Conv::in_address, "input tile in the global buffer, bytes"},
    Field<Conv>{"in_row_stride", 20, kUnsigned, kPlain, &Conv::in_row_stride, "bytes from input row to row"},
    Field<Conv>{"in_pixel_stride", 16, kUnsigned, kPlain, &Conv::in_pixel_stride, "bytes from input pixel to pixel"},
    Field<Conv>{"in_height", 12, kUnsigned, kMinusOne, &Conv::in_height, "input rows in the buffer"},
    Field<Conv>{"in_width", 12, kUnsigned, kMinusOne, &Conv::in_width, "input columns in the buffer"},
    Field<Conv>{"in_channels", 16, kUnsigned, kMinusOne, &Conv::in_channels, "input channels of the tile"},
    Field<Conv>{"out_address", 22, kUnsigned, kPlain, &Conv::out_address, "output tile in the global buffer, bytes"},
    Field<Conv>{"out_row_stride", 20, kUnsigned, kPlain, &Conv::out_row_stride, "bytes from output row to row"},
    Field<Conv>{"out_pixel_stride", 16, kUnsigned, kPlain, &Conv::out_pixel_stride,
                "bytes from output pixel to pixel"},
    Field<Conv>{"out_height", 12, kUnsigned, kMinusOne, &Conv::out_height, "output rows of the tile"},
    Field<Conv>{"out_width", 12, kUnsigned, kMinusOne, &Conv::out_width, "output columns of the tile"},
    Field<Conv>{"out_channels", 16, kUnsigned, kMinusOne, &Conv::out_channels, "output channels of the tile"},
    Field<Conv>{"kernel_height", 5, kUnsigned, kMinusOne, &Conv::kernel_height, "filter rows"},
    Field<Conv>{"kernel_width", 5, kUnsigned, kMinusOne, &Conv::kernel_width, "filter columns"},
    Field<Conv>{"stride_height", 4, kUnsigned, kMinusOne, &Conv::stride_height, "input rows per output row"},
    Field<Conv>{"stride_width", 4, kUnsigned, kMinusOne, &Conv::stride_width, "input columns per output column"},
    Field<Conv>{"pad_top", 5, kUnsigned, kPlain, &Conv::pad_top, "rows of zero point above the tile"},
    Field<Conv>{"pad_left", 5, kUnsigned, kPlain, &Conv::pad_left, "columns of zero point left of the tile"},
    Field<Conv>{"weight_address", 22, kUnsigned, kPlain, &Conv::weight_address, "weights in weight SRAM, bytes"},
    Field<Conv>{"parameter_address", 22, kUnsigned, kPlain, &Conv::parameter_address,
                "biases and shifts in weight SRAM, bytes"},
    Field<Conv>{"acc_address", 22, kUnsigned, kPlain, &Conv::acc_address, "first accumulator entry"},
    Field<Conv>{"multiplier", 32, kUnsigned, kPlain, &Conv::multiplier, "M of the layer"},
    Field<Conv>{"shift", 6, kUnsigned, kPlain, &Conv::shift, "n of the layer, bits"},
    Field<Conv>{"negative_multiplier", 32, kUnsigned, kPlain, &Conv::negative_multiplier, "M below zero if leaky"},
    Field<Conv>{"negative_shift", 6, kUnsigned, kPlain, &Conv::negative_shift, "n below zero if leaky, bits"},
    Field<Conv>{"in_zero_point", 16, kSigned, kPlain, &Conv::in_zero_point, "z_x, also the value of padding"},
    Field<Conv>{"out_zero_point", 16, kSigned, kPlain, &Conv::out_zero_point, "z_y"},
    Field<Conv>{"low", 16, kSigned, kPlain, &Conv::low, "lower clamp of the outputs"},
    Field<Conv>{"high", 16, kSigned, kPlain, &Conv::high, "upper clamp of the outputs"},
    Field<Conv>{"weight_zero_point", 16, kSigned, kPlain, &Conv::weight_zero_point, "zero point of the weights"},
    Field<Conv>{"zero_share", 8, kUnsigned, kPlain, &Conv::zero_share,
                "zero weights of the block, in 256ths: time and energy of an array that skips them"},
};

constexpr std::array kVectorFields{
    Field<Vector>{"operation", 4, kUnsigned, kPlain, &Vector::operation,
                  "0 add, 1 rescale, 2 max pool, 3 average pool, 4 table"},
    Field<Vector>{"a_address", 22, kUnsigned, kPlain, &Vector::a_address, "operand a in the global buffer, bytes"},
    Field<Vector>{"a_row_stride", 20, kUnsigned, kPlain, &Vector::a_row_stride, "bytes from row to row of a"},
    Field<Vector>{"a_pixel_stride", 16, kUnsigned, kPlain, &Vector::a_pixel_stride, "bytes from pixel to pixel of a"},
    Field<Vector>{"b_address", 22, kUnsigned, kPlain, &Vector::b_address, "operand b in the global buffer, bytes"},
    Field<Vector>{"b_row_stride", 20, kUnsigned, kPlain, &Vector::b_row_stride, "bytes from row to row of b"},
    Field<Vector>{"b_pixel_stride", 16, kUnsigned, kPlain, &Vector::b_pixel_stride, "bytes from pixel to pixel of b"},
    Field<Vector>{"out_address", 22, kUnsigned, kPlain, &Vector::out_address, "output in the global buffer, bytes"},
    Field<Vector>{"out_row_stride", 20, kUnsigned, kPlain, &Vector::out_row_stride, "bytes from output row to row"},
    Field<Vector>{"out_pixel_stride", 16, kUnsigned, kPlain, &Vector::out_pixel_stride,
                  "bytes from output pixel to pixel"},
    Field<Vector>{"in_height", 12, kUnsigned, kMinusOne, &Vector::in_height, "input rows in the buffer"},
    Field<Vector>{"in_width", 12, kUnsigned, kMinusOne, &Vector::in_width, "input columns in the buffer"},
    Field<Vector>{"out_height", 12, kUnsigned, kMinusOne, &Vector::out_height, "output rows"},
    Field<Vector>{"out_width", 12, kUnsigned, kMinusOne, &Vector::out_width, "output columns"},
    Field<Vector>{"channels", 16, kUnsigned, kMinusOne, &Vector::channels, "channels"},
    Field<Vector>{"kernel_height", 8, kUnsigned, kMinusOne, &Vector::kernel_height, "window rows"},
    Field<Vector>{"kernel_width", 8, kUnsigned, kMinusOne, &Vector::kernel_width, "window columns"},
    Field<Vector>{"stride_height", 4, kUnsigned, kMinusOne, &Vector::stride_height, "input rows per output row"},
    Field<Vector>{"stride_width", 4, kUnsigned, kMinusOne, &Vector::stride_width, "input columns per output column"},
    Field<Vector>{"pad_top", 5, kUnsigned, kPlain, &Vector::pad_top, "window rows above the tile"},
    Field<Vector>{"pad_left", 5, kUnsigned, kPlain, &Vector::pad_left, "window columns left of the tile"},
    Field<Vector>{"a_multiplier", 32, kUnsigned, kPlain, &Vector::a_multiplier, "multiplier of operand a"},
    Field<Vector>{"b_multiplier", 32, kUnsigned, kPlain, &Vector::b_multiplier, "multiplier of operand b"},
    Field<Vector>{"shift", 6, kUnsigned, kPlain, &Vector::shift, "right shift, bits"},
    Field<Vector>{"a_zero_point", 16, kSigned, kPlain, &Vector::a_zero_point, "zero point of a"},
    Field<Vector>{"b_zero_point", 16, kSigned, kPlain, &Vector::b_zero_point, "zero point of b"},
    Field<Vector>{"out_zero_point", 16, kSigned, kPlain, &Vector::out_zero_point, "zero point of the output"},
    Field<Vector>{"low", 16, kSigned, kPlain, &Vector::low, "lower clamp of the outputs"},
    Field<Vector>{"high", 16, kSigned, kPlain, &Vector::high, "upper clamp of the outputs"},
    Field<Vector>{"use_table", 1, kUnsigned, kPlain, &Vector::use_table, "multipliers by number of real pixels"},
    Field<Vector>{"table_address", 22, kUnsigned, kPlain, &Vector::table_address, "table in weight SRAM, bytes"},
};

template <class Table>
constexpr int total_bits(const Table& table) {
  int bits = kHeaderBits;
  for (const auto& field : table) bits += field.bits;
  return bits;
}
static_assert(total_bits(kTransferFields) <= kInstructionBits);
static_assert(total_bits(kConvFields) <= kInstructionBits);
static_assert(total_bits(kVectorFields) <= kInstructionBits);

}  // namespace

template <>
std::span<const Field<Halt>> fields_of() {
  return {};
}
template <>
std::span<const Field<Sync>> fields_of() {
  return kSyncFields;
}
template <>
std::span<const Field<Transfer>> fields_of() {
  return kTransferFields;
}
template <>
std::span<const Field<Conv>> fields_of() {
  return kConvFields;
}
template <>
std::span<const Field<Vector>> fields_of() {
  return kVectorFields;
}

const char* opcode_name(Opcode opcode) {
  constexpr std::array kNames{"HALT", "SYNC", "LOADW", "LOADA", "STORE", "CONV", "VECTOR"};
  static_assert(kNames.size() == kOpcodes);
  return kNames.at(static_cast<std::size_t>(opcode));
}

const char* unit_name(Unit unit) {
  constexpr std::array kNames{"load_weights", "load_activations", "store", "conv", "vector"};
  static_assert(kNames.size() == kUnits);
  return kNames.at(static_cast<std::size_t>(unit));
}

Unit unit_of(const Instruction& instruction) {
  switch (instruction.opcode) {
    case Opcode::kSync:
      return static_cast<Unit>(std::get<Sync>(instruction.body).unit);
    case Opcode::kLoadWeights:
      return Unit::kLoadWeights;
    case Opcode::kLoadActivations:
      return Unit::kLoadActivations;
    case Opcode::kStore:
      return Unit::kStore;
    case Opcode::kConv:
      return Unit::kConv;
    case Opcode::kVector:
      return Unit::kVector;
    case Opcode::kHalt:
      break;
  }
  fail_check("unit_of", __FILE__, __LINE__, "HALT belongs to no unit");
}

}  // namespace npu::hw
