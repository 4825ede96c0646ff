// Random instructions and memories for the kernel tests.
#include <algorithm>
#include <array>

#include "hw/isa/regions.h"
#include "tests/hw/kernels/kernel_case.h"

namespace npu::tests {
namespace {

using hw::Conv;
using hw::Vector;

constexpr std::int64_t kLargestGap = 5;  // bytes or elements between rows, pixels and regions

std::int64_t limit(TestRandom& random, int bits) {
  return random.integer(0, 1) != 0 ? hw::max_of_bits(bits) : hw::min_of_bits(bits);
}

std::int64_t element(TestRandom& random, Values values, int bits) {
  switch (values) {
    case Values::kRandom:
      return random.integer(hw::min_of_bits(bits), hw::max_of_bits(bits));
    case Values::kExtreme:
      return limit(random, bits);
    case Values::kTies:
      return random.integer(-3, 3);
  }
  return 0;
}

void put(std::vector<std::uint8_t>& memory, std::int64_t address, std::int64_t value, int bytes) {
  for (int byte = 0; byte < bytes; ++byte) {
    memory.at(static_cast<std::size_t>(address + byte)) = static_cast<std::uint8_t>(value >> (8 * byte));
  }
}

void fill(std::vector<std::uint8_t>& memory, TestRandom& random, Values values, int bits) {
  for (std::int64_t at = 0; at + bits / 8 <= std::ssize(memory); at += bits / 8) {
    put(memory, at, element(random, values, bits), bits / 8);
  }
}

// A tile behind `cursor` with random gaps; moves the cursor to the tile's last byte + 1.
struct TilePlace {
  std::int64_t address = 0;
  std::int64_t row_stride = 0;
  std::int64_t pixel_stride = 0;
};
TilePlace place(TestRandom& random, std::int64_t& cursor, std::int64_t height, std::int64_t width,
                std::int64_t channels, int bytes) {
  TilePlace tile;
  tile.address = cursor + random.integer(0, kLargestGap) * bytes;
  tile.pixel_stride = (channels + (random.integer(0, 1) != 0 ? random.integer(0, kLargestGap) : 0)) * bytes;
  tile.row_stride =
      width * tile.pixel_stride + (random.integer(0, 1) != 0 ? random.integer(0, kLargestGap) * bytes : 0);
  cursor = tile.address + (height - 1) * tile.row_stride + (width - 1) * tile.pixel_stride + channels * bytes;
  return tile;
}

void choose_window(TestRandom& random, Conv& conv) {
  constexpr std::array<std::array<std::int64_t, 2>, 8> kWindows{
      {{1, 1}, {3, 3}, {1, 3}, {3, 1}, {5, 5}, {7, 7}, {2, 4}, {3, 3}}};
  const auto& window = kWindows.at(static_cast<std::size_t>(random.integer(0, 7)));
  conv.kernel_height = window[0];
  conv.kernel_width = window[1];
  conv.stride_height = random.integer(1, 3);
  conv.stride_width = random.integer(0, 1) != 0 ? conv.stride_height : random.integer(1, 3);
  conv.pad_top = random.integer(0, 1) != 0 ? random.integer(0, 4) : 0;
  conv.pad_left = random.integer(0, 1) != 0 ? random.integer(0, 4) : 0;
}

void choose_shape(TestRandom& random, Conv& conv, std::int64_t max_channels) {
  conv.in_height = random.integer(1, 9);
  conv.in_width = random.integer(1, 9);
  conv.in_channels = random.integer(1, max_channels);
  conv.out_height = random.integer(1, 6);
  conv.out_width = random.integer(1, 9);
  conv.out_channels = conv.depthwise != 0 ? conv.in_channels : random.integer(1, max_channels);
}

int log2_ceiling(std::int64_t value) {
  int bits = 0;
  while ((std::int64_t{1} << bits) < value) ++bits;
  return bits;
}

// A scale that brings typical sums of the case into the output's range and a bit beyond.
void choose_scale(TestRandom& random, Conv& conv, const ConvChoice& choice) {
  const std::int64_t terms =
      conv.kernel_height * conv.kernel_width * (conv.depthwise != 0 ? 1 : conv.in_channels);
  if (choice.values == Values::kTies) {
    conv.multiplier = std::int64_t{1} << 15;
    conv.shift = 15 + random.integer(0, 3);
  } else {
    conv.multiplier = random.integer(1 << 15, (1 << 16) - 1);
    const int sum_bits = choice.weight_bits + choice.activation_bits - 3 + log2_ceiling(terms) / 2;
    conv.shift = std::clamp<std::int64_t>(16 + sum_bits - choice.activation_bits + random.integer(-2, 3), 0,
                                          hw::kMaxShift - ((1 << choice.shift_bits) - 1));
    if (random.integer(0, 9) == 0) conv.shift = random.integer(0, 63 - 31);
  }
  if (choice.tiny_shift) {
    conv.multiplier = random.integer(1, 3);
    conv.shift = random.integer(0, 1);
  }
  conv.negative_multiplier = random.integer(1, 2) * conv.multiplier / 2;
  conv.negative_shift = std::min<std::int64_t>(conv.shift + random.integer(0, 4), 32);
  conv.in_zero_point = element(random, Values::kRandom, choice.activation_bits);
  conv.out_zero_point = choice.values == Values::kTies
                            ? random.integer(-2, 2)
                            : element(random, Values::kRandom, choice.activation_bits);
  conv.low = hw::min_of_bits(choice.activation_bits);
  conv.high = hw::max_of_bits(choice.activation_bits);
  if (random.integer(0, 2) == 0) conv.low = conv.out_zero_point;
  if (random.integer(0, 2) == 0) conv.high = std::min(conv.high, conv.low + random.integer(1, 100));
}

void write_parameters(TestRandom& random, KernelCase& test_case, const ConvChoice& choice) {
  const Conv& conv = test_case.instruction.conv();
  std::vector<std::uint8_t>& memory = test_case.before.weight_sram;
  std::int64_t at = conv.parameter_address;
  const int bias_bytes = test_case.format.accumulator_bytes();
  const std::int64_t large = std::int64_t{1} << (choice.accumulator_bits - 2);
  const std::int64_t most = choice.values == Values::kRandom ? 1 << 12
                            : choice.values == Values::kTies ? 8
                                                             : large;
  for (std::int64_t channel = 0; channel < conv.out_channels; ++channel, at += bias_bytes) {
    put(memory, at, random.integer(-most, most - 1), bias_bytes);
  }
  if (choice.per_channel_multiplier) {
    for (std::int64_t channel = 0; channel < conv.out_channels; ++channel, at += 4) {
      put(memory, at, random.integer(0, 199) == 0 ? random.integer(0, 0xFFFFFFFF) : random.integer(0, 0xFFFF),
          4);
    }
  }
  // The random bytes that fill the memory serve as nibbles; whole bytes must be limited to the machine's
  // shift.
  const bool whole_bytes = choice.per_channel_multiplier || choice.shift_bits == 5;
  for (std::int64_t channel = 0; whole_bytes && channel < conv.out_channels; ++channel, ++at) {
    put(memory, at, random.integer(0, choice.shift_bits == 5 ? 31 : 15), 1);
  }
}

hw::MachineFormat format_of(const ConvChoice& choice) {
  hw::MachineFormat format;
  format.array_rows = 16;
  format.array_columns = 16;
  format.weight_bits = choice.weight_bits;
  format.activation_bits = choice.activation_bits;
  format.accumulator_bits = choice.accumulator_bits;
  format.shift_bits = choice.shift_bits;
  format.rounding = choice.rounding;
  return format;
}

// Vector fields that the geometry of the operation allows.
void choose_vector_shape(TestRandom& random, Vector& vector, bool pool) {
  vector.channels = random.integer(1, 150);
  vector.in_height = random.integer(1, 9);
  vector.in_width = random.integer(1, 9);
  vector.out_height = vector.in_height;
  vector.out_width = vector.in_width;
  if (!pool) return;
  vector.kernel_height = random.integer(1, 4);
  vector.kernel_width = random.integer(1, 4);
  vector.stride_height = random.integer(1, 3);
  vector.stride_width = random.integer(1, 3);
  vector.pad_top = random.integer(0, vector.kernel_height - 1);
  vector.pad_left = random.integer(0, vector.kernel_width - 1);
  // Every window needs a real pixel: the last one starts before the tile's end.
  vector.out_height = random.integer(1, (vector.in_height - 1 + vector.pad_top) / vector.stride_height + 1);
  vector.out_width = random.integer(1, (vector.in_width - 1 + vector.pad_left) / vector.stride_width + 1);
}

void choose_vector_scale(TestRandom& random, Vector& vector, const VectorChoice& choice) {
  const int bits = choice.activation_bits;
  vector.a_zero_point = element(random, Values::kRandom, bits);
  vector.b_zero_point = element(random, Values::kRandom, bits);
  vector.out_zero_point = element(random, Values::kRandom, bits);
  vector.low = hw::min_of_bits(bits);
  vector.high = hw::max_of_bits(bits);
  if (random.integer(0, 2) == 0) vector.low = vector.out_zero_point;
  vector.a_multiplier = random.integer(1 << 14, (1 << 16) - 1);
  vector.b_multiplier = random.integer(1 << 14, (1 << 16) - 1);
  vector.shift = random.integer(14, 18);
  if (random.integer(0, 9) == 0) vector.a_multiplier = random.integer(0, 0xFFFFFFFF);
  if (random.integer(0, 9) == 0) vector.shift = random.integer(0, 63);
  if (choice.values == Values::kTies) {
    vector.a_multiplier = std::int64_t{1} << random.integer(10, 15);
    vector.b_multiplier = std::int64_t{1} << random.integer(10, 15);
    vector.shift = random.integer(13, 18);
  }
}

}  // namespace

KernelCase random_conv(TestRandom& random, const ConvChoice& choice) {
  Conv conv;
  conv.depthwise = choice.depthwise ? 1 : 0;
  conv.dataflow = random.integer(0, 1);
  choose_window(random, conv);
  choose_shape(random, conv, choice.max_channels);
  choose_scale(random, conv, choice);
  conv.leaky = choice.leaky ? 1 : 0;
  conv.per_channel_multiplier = choice.per_channel_multiplier ? 1 : 0;
  if (choice.weight_zero_point) conv.weight_zero_point = element(random, Values::kRandom, choice.weight_bits);
  conv.first = choice.split ? random.integer(0, 1) : 1;
  conv.last = choice.split ? random.integer(0, 1) : 1;
  conv.acc_address = random.integer(0, 7);

  KernelCase test_case;
  test_case.format = format_of(choice);
  const int bytes = choice.activation_bits / 8;
  std::int64_t cursor = 0;
  const TilePlace in = place(random, cursor, conv.in_height, conv.in_width, conv.in_channels, bytes);
  conv.in_address = in.address;
  conv.in_row_stride = in.row_stride;
  conv.in_pixel_stride = in.pixel_stride;
  const TilePlace out = place(random, cursor, conv.out_height, conv.out_width, conv.out_channels, bytes);
  conv.out_address = out.address;
  conv.out_row_stride = out.row_stride;
  conv.out_pixel_stride = out.pixel_stride;
  test_case.before.global_buffer.resize(static_cast<std::size_t>(cursor));
  conv.weight_address = random.integer(0, kLargestGap) * (choice.weight_bits / 8);
  conv.parameter_address =
      conv.weight_address + weight_block_bytes(conv, test_case.format) + random.integer(0, kLargestGap);
  test_case.before.weight_sram.resize(static_cast<std::size_t>(
      conv.parameter_address +
      parameter_block_bytes(conv.out_channels, test_case.format, choice.per_channel_multiplier)));
  test_case.before.accumulators.resize(
      static_cast<std::size_t>(conv.acc_address + conv.out_height * conv.out_width * conv.out_channels));

  fill(test_case.before.global_buffer, random, choice.values, choice.activation_bits);
  fill(test_case.before.weight_sram, random, choice.values, choice.weight_bits);
  const std::int64_t most = std::int64_t{1}
                            << (choice.values == Values::kExtreme ? choice.accumulator_bits - 1 : 14);
  for (auto& entry : test_case.before.accumulators) entry = random.integer(-most, most - 1);
  test_case.instruction.opcode = hw::Opcode::kConv;
  test_case.instruction.body = conv;
  write_parameters(random, test_case, choice);
  return test_case;
}

KernelCase random_vector(TestRandom& random, const VectorChoice& choice) {
  Vector vector;
  vector.operation = static_cast<std::int64_t>(choice.operation);
  const bool pool =
      choice.operation == hw::VectorOp::kMaxPool || choice.operation == hw::VectorOp::kAveragePool;
  choose_vector_shape(random, vector, pool);
  choose_vector_scale(random, vector, choice);
  vector.use_table = choice.use_table ? 1 : 0;

  KernelCase test_case;
  test_case.format.activation_bits = choice.activation_bits;
  test_case.format.rounding = choice.rounding;
  if (choice.activation_bits == 16) test_case.format.accumulator_bits = 48;
  const int bytes = choice.activation_bits / 8;
  std::int64_t cursor = 0;
  const TilePlace a = place(random, cursor, vector.in_height, vector.in_width, vector.channels, bytes);
  const TilePlace b = place(random, cursor, vector.in_height, vector.in_width, vector.channels, bytes);
  const TilePlace out =
      choice.in_place ? a
                      : place(random, cursor, vector.out_height, vector.out_width, vector.channels, bytes);
  vector.a_address = a.address;
  vector.a_row_stride = a.row_stride;
  vector.a_pixel_stride = a.pixel_stride;
  vector.b_address = b.address;
  vector.b_row_stride = b.row_stride;
  vector.b_pixel_stride = b.pixel_stride;
  vector.out_address = out.address;
  vector.out_row_stride = out.row_stride;
  vector.out_pixel_stride = out.pixel_stride;
  test_case.before.global_buffer.resize(static_cast<std::size_t>(cursor));
  fill(test_case.before.global_buffer, random,
       choice.values == Values::kTies ? Values::kRandom : choice.values, choice.activation_bits);
  vector.table_address = random.integer(0, kLargestGap);
  const std::int64_t entries = vector.kernel_height * vector.kernel_width + 1;
  const std::int64_t table_bytes = choice.operation == hw::VectorOp::kTable ? 256
                                   : choice.use_table                       ? entries * 4
                                                                            : 0;
  test_case.before.weight_sram.resize(static_cast<std::size_t>(vector.table_address + table_bytes));
  fill(test_case.before.weight_sram, random, Values::kRandom, 8);
  for (std::int64_t entry = 0; choice.use_table && entry < entries; ++entry) {
    put(test_case.before.weight_sram, vector.table_address + entry * 4,
        random.integer(1 << 14, (1 << 16) - 1), 4);
  }
  test_case.instruction.opcode = hw::Opcode::kVector;
  test_case.instruction.body = vector;
  return test_case;
}

}  // namespace npu::tests
