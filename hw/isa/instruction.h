// The instruction set: what one instruction says. Binary layout, documentation and disassembly come from the field
// tables in fields.h; what an instruction does to memory is in regions.h (which bytes) and hw/kernels (which values).
//
// Five units take instructions from queues of their own, in program order; instructions of different units are
// ordered only by tokens. Token semantics: for each ordered pair (producer unit, consumer unit) the machine has one
// counting semaphore, zero at reset. When an instruction ends, its unit adds 1 to the semaphore (unit, c) for every
// c in `signal`. An instruction starts when its unit is free and for every producer p the semaphore (p, unit) holds
// at least wait[p]; it takes wait[p] away.
#pragma once

#include <array>
#include <cstdint>
#include <variant>

namespace npu::hw {

/// The decoupled execution units, each with an in-order queue.
enum class Unit : std::uint8_t { kLoadWeights = 0, kLoadActivations, kStore, kConv, kVector };
inline constexpr int kUnits = 5;
inline constexpr int kUnitSlots = 6;  ///< the encoding has room for one more
inline constexpr int kMaxWait = 15;
inline constexpr std::int64_t kMaxTokens = 255;  ///< a semaphore has 8 bits

const char* unit_name(Unit unit);

struct Tokens {
  std::array<std::uint8_t, kUnitSlots> wait{};    ///< tokens to take from each producer unit before starting
  std::array<bool, kUnitSlots> signal{};          ///< consumer units that get one token at the end

  friend bool operator==(const Tokens&, const Tokens&) = default;
};

/// Strided DMA between DRAM and one SRAM: `count2` planes of `count1` runs of `run_bytes` contiguous bytes.
/// LOAD copies DRAM to SRAM on the weight or the activation channel, STORE copies the global buffer to DRAM.
struct Transfer {
  std::int64_t dram_address = 0;   ///< byte address
  std::int64_t dram_stride1 = 0;   ///< bytes from run to run
  std::int64_t dram_stride2 = 0;   ///< bytes from plane to plane
  std::int64_t sram_address = 0;   ///< byte address; weight SRAM on the weight channel, else global buffer
  std::int64_t sram_stride1 = 0;
  std::int64_t sram_stride2 = 0;
  std::int64_t run_bytes = 0;
  std::int64_t count1 = 1;
  std::int64_t count2 = 1;

  friend bool operator==(const Transfer&, const Transfer&) = default;
};

enum class Dataflow : std::uint8_t { kWeightStationary = 0, kOutputStationary = 1 };

/// A convolution over one tile. Activations are [row][column][channel] (channel innermost, dense); rows and columns
/// have byte strides. Inputs outside [0, in_height) x [0, in_width) read the input zero point.
///   out[y][x][k] over in[y * stride_h - pad_top + dy][x * stride_w - pad_left + dx][c], dy < kernel_h, dx < kernel_w
/// Weights in weight SRAM: dense form [out_channel][kernel_h][kernel_w][in_channel];
/// depthwise form (out_channels == in_channels) [kernel_h][kernel_w][channel].
/// Parameters at parameter_address: bias [out_channel] little-endian, accumulator_bytes each, then the equalising
/// shifts e_c, two per byte, even channel in the low nibble (one per byte where shift_bits is 5); with
/// per_channel_multiplier the bias is followed by multiplier [out_channel] (4 bytes each) and the shifts take one
/// byte each.
/// Accumulators [y][x][out_channel] dense from accumulator entry acc_address: read first unless `first`, and left
/// there unless `last`; with `last` the compounding unit writes the outputs instead. A `first` and `last` instruction
/// leaves the accumulators it used undefined: WS uses out_height * out_width * min(out_channels, columns) entries,
/// OS and depthwise none (their partial sums stay in the PEs' register files).
struct Conv {
  std::int64_t in_address = 0;
  std::int64_t in_row_stride = 0;    ///< bytes
  std::int64_t in_pixel_stride = 0;  ///< bytes
  std::int64_t in_height = 0;        ///< rows present in the buffer
  std::int64_t in_width = 0;
  std::int64_t in_channels = 0;
  std::int64_t out_address = 0;
  std::int64_t out_row_stride = 0;
  std::int64_t out_pixel_stride = 0;
  std::int64_t out_height = 0;
  std::int64_t out_width = 0;
  std::int64_t out_channels = 0;
  std::int64_t kernel_height = 1;
  std::int64_t kernel_width = 1;
  std::int64_t stride_height = 1;
  std::int64_t stride_width = 1;
  std::int64_t pad_top = 0;
  std::int64_t pad_left = 0;
  std::int64_t weight_address = 0;
  std::int64_t parameter_address = 0;
  std::int64_t acc_address = 0;  ///< accumulator entries, not bytes
  std::int64_t dataflow = 0;     ///< a Dataflow
  std::int64_t depthwise = 0;    ///< flag
  std::int64_t first = 1;        ///< flag: start from zero
  std::int64_t last = 1;         ///< flag: compound and write outputs
  std::int64_t leaky = 0;        ///< flag: negative_* apply below zero
  std::int64_t per_channel_multiplier = 0;  ///< flag: comparison scheme, one multiplier per channel
  std::int64_t multiplier = 1;
  std::int64_t shift = 0;
  std::int64_t negative_multiplier = 0;
  std::int64_t negative_shift = 0;
  std::int64_t in_zero_point = 0;
  std::int64_t out_zero_point = 0;
  std::int64_t low = -128;
  std::int64_t high = 127;
  std::int64_t weight_zero_point = 0;  ///< comparison scheme: asymmetric weights
  /// Weights of the block that are zero, in 256ths, rounded down: what an array that skips zeros need not broadcast.
  /// Changes time and energy only.
  std::int64_t zero_share = 0;

  friend bool operator==(const Conv&, const Conv&) = default;
};

inline constexpr std::int64_t kZeroShareUnit = 256;  ///< of Conv::zero_share

enum class VectorOp : std::uint8_t { kAdd = 0, kRescale = 1, kMaxPool = 2, kAveragePool = 3, kTable = 4 };

/// Element-wise, pooling and table work on activations in the global buffer, layout as in Conv.
/// kAdd:     y = clamp(z + rshift_round((a - za) * ma + (b - zb) * mb, shift)), element by element.
/// kRescale: the same with operand a alone.
/// kMaxPool: maximum over the real pixels of each window. Not rescaled; clamped to [low, high].
/// kAveragePool: (sum - count * za) * m, m = a's multiplier, or with `use_table` the count-th of the 32-bit
///           multipliers at table_address in weight SRAM (count = real pixels in the window, entry 0 unused).
/// kTable:   y = table[a + 128], 256 one-byte entries at table_address in weight SRAM.
/// Pools read in[y * stride_h - pad_top + dy][...] as Conv does; windows without a real pixel are not allowed.
struct Vector {
  std::int64_t operation = 0;  ///< a VectorOp
  std::int64_t a_address = 0;
  std::int64_t a_row_stride = 0;
  std::int64_t a_pixel_stride = 0;
  std::int64_t b_address = 0;
  std::int64_t b_row_stride = 0;
  std::int64_t b_pixel_stride = 0;
  std::int64_t out_address = 0;
  std::int64_t out_row_stride = 0;
  std::int64_t out_pixel_stride = 0;
  std::int64_t in_height = 0;
  std::int64_t in_width = 0;
  std::int64_t out_height = 0;
  std::int64_t out_width = 0;
  std::int64_t channels = 0;
  std::int64_t kernel_height = 1;
  std::int64_t kernel_width = 1;
  std::int64_t stride_height = 1;
  std::int64_t stride_width = 1;
  std::int64_t pad_top = 0;
  std::int64_t pad_left = 0;
  std::int64_t a_multiplier = 0;
  std::int64_t b_multiplier = 0;
  std::int64_t shift = 0;
  std::int64_t a_zero_point = 0;
  std::int64_t b_zero_point = 0;
  std::int64_t out_zero_point = 0;
  std::int64_t low = -128;
  std::int64_t high = 127;
  std::int64_t use_table = 0;
  std::int64_t table_address = 0;

  friend bool operator==(const Vector&, const Vector&) = default;
};

/// Does nothing on `unit` but wait and signal.
struct Sync {
  std::int64_t unit = 0;

  friend bool operator==(const Sync&, const Sync&) = default;
};

/// Ends the program once every unit has finished. Must be the last instruction.
struct Halt {
  friend bool operator==(const Halt&, const Halt&) = default;
};

enum class Opcode : std::uint8_t { kHalt = 0, kSync, kLoadWeights, kLoadActivations, kStore, kConv, kVector };

/// One instruction. `opcode` and the alternative of `body` always correspond.
struct Instruction {
  Opcode opcode = Opcode::kHalt;
  Tokens tokens;
  std::variant<Halt, Sync, Transfer, Conv, Vector> body;

  const Transfer& transfer() const { return std::get<Transfer>(body); }
  const Conv& conv() const { return std::get<Conv>(body); }
  const Vector& vector() const { return std::get<Vector>(body); }

  friend bool operator==(const Instruction&, const Instruction&) = default;
};

/// The unit that executes the instruction. Halt belongs to no unit: do not ask (NPU_CHECK).
Unit unit_of(const Instruction& instruction);

}  // namespace npu::hw
