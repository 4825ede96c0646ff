// The oracle of the kernel tests: one element at a time, 128-bit integers, rounding by division.
#include <algorithm>

#include "hw/isa/disassembler.h"
#include "tests/hw/kernels/kernel_case.h"
#include "tests/rounding_oracle.h"

namespace npu::tests {
namespace {

using hw::Conv;
using hw::Vector;
using hw::Wide;

Wide get(const std::vector<std::uint8_t>& memory, std::int64_t address, int bytes, bool is_signed = true) {
  Wide value = 0;
  for (int byte = 0; byte < bytes; ++byte) {
    value += Wide{memory.at(static_cast<std::size_t>(address + byte))} << (8 * byte);
  }
  const Wide range = Wide{1} << (8 * bytes);
  return is_signed && value >= range / 2 ? value - range : value;
}

void put(std::vector<std::uint8_t>& memory, std::int64_t address, Wide value, int bytes) {
  for (int byte = 0; byte < bytes; ++byte) {
    memory.at(static_cast<std::size_t>(address + byte)) = static_cast<std::uint8_t>(value >> (8 * byte));
  }
}

// What fits a register of `bits` bits, by arithmetic modulo 2^bits.
Wide wrapped(Wide value, int bits) {
  const Wide range = Wide{1} << bits;
  Wide rest = value % range;
  if (rest < 0) rest += range;
  return rest >= range / 2 ? rest - range : rest;
}

struct Output {
  Wide value = 0;
  bool cut = false;
};
Output clamped(Wide value, Wide low, Wide high, int bits) {
  const Wide type_low = -(Wide{1} << (bits - 1));
  const Wide type_high = (Wide{1} << (bits - 1)) - 1;
  return {std::clamp(value, low, high),
          (value < type_low && low == type_low) || (value > type_high && high == type_high)};
}

class ConvOracle {
 public:
  explicit ConvOracle(const KernelCase& test_case)
      : case_(test_case), conv_(test_case.instruction.conv()), format_(test_case.format) {}

  Expected run() {
    Expected expected{case_.before, 0};
    for (std::int64_t y = 0; y < conv_.out_height; ++y) {
      for (std::int64_t x = 0; x < conv_.out_width; ++x) {
        for (std::int64_t k = 0; k < conv_.out_channels; ++k) output(y, x, k, expected);
      }
    }
    return expected;
  }

 private:
  Wide input(std::int64_t row, std::int64_t column, std::int64_t channel) const {
    if (row < 0 || row >= conv_.in_height || column < 0 || column >= conv_.in_width)
      return conv_.in_zero_point;
    const int bytes = format_.activation_bits / 8;
    return get(
        case_.before.global_buffer,
        conv_.in_address + row * conv_.in_row_stride + column * conv_.in_pixel_stride + channel * bytes,
        bytes);
  }
  Wide weight(std::int64_t k, std::int64_t dy, std::int64_t dx, std::int64_t c) const {
    const std::int64_t tap = dy * conv_.kernel_width + dx;
    const std::int64_t taps = conv_.kernel_height * conv_.kernel_width;
    const std::int64_t index =
        conv_.depthwise != 0 ? tap * conv_.out_channels + k : (k * taps + tap) * conv_.in_channels + c;
    const int bytes = format_.weight_bits / 8;
    return get(case_.before.weight_sram, conv_.weight_address + index * bytes, bytes) -
           conv_.weight_zero_point;
  }
  Wide sum(std::int64_t y, std::int64_t x, std::int64_t k) const {
    Wide total = 0;
    for (std::int64_t dy = 0; dy < conv_.kernel_height; ++dy) {
      for (std::int64_t dx = 0; dx < conv_.kernel_width; ++dx) {
        const std::int64_t row = y * conv_.stride_height - conv_.pad_top + dy;
        const std::int64_t column = x * conv_.stride_width - conv_.pad_left + dx;
        if (conv_.depthwise != 0) {
          total += input(row, column, k) * weight(k, dy, dx, 0);
        } else {
          for (std::int64_t c = 0; c < conv_.in_channels; ++c)
            total += input(row, column, c) * weight(k, dy, dx, c);
        }
      }
    }
    return total;
  }
  int channel_shift(std::int64_t k) const {
    const std::int64_t biases = conv_.parameter_address + conv_.out_channels * (format_.accumulator_bits / 8);
    const std::vector<std::uint8_t>& memory = case_.before.weight_sram;
    if (conv_.per_channel_multiplier != 0)
      return static_cast<int>(get(memory, biases + 4 * conv_.out_channels + k, 1, false));
    if (format_.shift_bits == 5) return static_cast<int>(get(memory, biases + k, 1, false));
    const Wide pair = get(memory, biases + k / 2, 1, false);
    return static_cast<int>(k % 2 == 0 ? pair % 16 : pair / 16);
  }
  void output(std::int64_t y, std::int64_t x, std::int64_t k, Expected& expected) const {
    const std::int64_t entry = conv_.acc_address + (y * conv_.out_width + x) * conv_.out_channels + k;
    Wide accumulator = sum(y, x, k);
    if (conv_.first == 0) accumulator += case_.before.accumulators.at(static_cast<std::size_t>(entry));
    accumulator = wrapped(accumulator, format_.accumulator_bits);
    if (conv_.last == 0) {
      expected.after.accumulators.at(static_cast<std::size_t>(entry)) =
          static_cast<std::int64_t>(accumulator);
      return;
    }
    const int bias_bytes = format_.accumulator_bits / 8;
    const Wide v =
        accumulator + get(case_.before.weight_sram, conv_.parameter_address + k * bias_bytes, bias_bytes);
    const bool negative = conv_.leaky != 0 && v < 0;
    const std::int64_t multipliers = conv_.parameter_address + conv_.out_channels * bias_bytes;
    const Wide multiplier = conv_.per_channel_multiplier != 0
                                ? get(case_.before.weight_sram, multipliers + 4 * k, 4, false)
                                : Wide{conv_.multiplier};
    const Wide scaled = v * (negative ? Wide{conv_.negative_multiplier} : multiplier);
    const auto base = static_cast<int>(negative ? conv_.negative_shift : conv_.shift);
    const Wide value =
        rounding_oracle(scaled, base + channel_shift(k), format_.rounding) + conv_.out_zero_point;
    const Output result = clamped(value, conv_.low, conv_.high, format_.activation_bits);
    const int bytes = format_.activation_bits / 8;
    put(expected.after.global_buffer,
        conv_.out_address + y * conv_.out_row_stride + x * conv_.out_pixel_stride + k * bytes, result.value,
        bytes);
    expected.saturated += result.cut ? 1 : 0;
  }

  const KernelCase& case_;
  const Conv& conv_;
  const hw::MachineFormat& format_;
};

class VectorOracle {
 public:
  explicit VectorOracle(const KernelCase& test_case)
      : case_(test_case), vector_(test_case.instruction.vector()), bits_(test_case.format.activation_bits) {}

  Expected run() {
    Expected expected{case_.before, 0};
    for (std::int64_t y = 0; y < vector_.out_height; ++y) {
      for (std::int64_t x = 0; x < vector_.out_width; ++x) {
        for (std::int64_t c = 0; c < vector_.channels; ++c) {
          const Output result = element(y, x, c);
          put(expected.after.global_buffer,
              vector_.out_address + y * vector_.out_row_stride + x * vector_.out_pixel_stride + c * bits_ / 8,
              result.value, bits_ / 8);
          expected.saturated += result.cut ? 1 : 0;
        }
      }
    }
    return expected;
  }

 private:
  Wide a(std::int64_t y, std::int64_t x, std::int64_t c) const {
    return get(case_.before.global_buffer,
               vector_.a_address + y * vector_.a_row_stride + x * vector_.a_pixel_stride + c * bits_ / 8,
               bits_ / 8);
  }
  Wide b(std::int64_t y, std::int64_t x, std::int64_t c) const {
    return get(case_.before.global_buffer,
               vector_.b_address + y * vector_.b_row_stride + x * vector_.b_pixel_stride + c * bits_ / 8,
               bits_ / 8);
  }
  Output rounded(Wide sum) const {
    const Wide value = rounding_oracle(sum, static_cast<int>(vector_.shift), case_.format.rounding);
    return clamped(value + vector_.out_zero_point, vector_.low, vector_.high, bits_);
  }
  std::vector<Wide> window(std::int64_t y, std::int64_t x, std::int64_t c) const {
    std::vector<Wide> values;
    for (std::int64_t dy = 0; dy < vector_.kernel_height; ++dy) {
      for (std::int64_t dx = 0; dx < vector_.kernel_width; ++dx) {
        const std::int64_t row = y * vector_.stride_height - vector_.pad_top + dy;
        const std::int64_t column = x * vector_.stride_width - vector_.pad_left + dx;
        const bool real = row >= 0 && row < vector_.in_height && column >= 0 && column < vector_.in_width;
        if (real) values.push_back(a(row, column, c));
      }
    }
    return values;
  }
  Output element(std::int64_t y, std::int64_t x, std::int64_t c) const {
    const Wide part_a = (a(y, x, c) - vector_.a_zero_point) * vector_.a_multiplier;
    switch (static_cast<hw::VectorOp>(vector_.operation)) {
      case hw::VectorOp::kAdd:
        return rounded(part_a + (b(y, x, c) - vector_.b_zero_point) * vector_.b_multiplier);
      case hw::VectorOp::kRescale:
        return rounded(part_a);
      case hw::VectorOp::kMaxPool: {
        const std::vector<Wide> values = window(y, x, c);
        return {std::clamp<Wide>(*std::max_element(values.begin(), values.end()), vector_.low, vector_.high),
                false};
      }
      case hw::VectorOp::kAveragePool: {
        Wide sum = 0;
        const std::vector<Wide> values = window(y, x, c);
        for (const Wide value : values) sum += value - vector_.a_zero_point;
        const auto entry = static_cast<std::int64_t>(values.size());
        const Wide multiplier = vector_.use_table != 0 ? get(case_.before.weight_sram,
                                                             vector_.table_address + 4 * entry, 4, false)
                                                       : Wide{vector_.a_multiplier};
        return rounded(sum * multiplier);
      }
      case hw::VectorOp::kTable:
        return {get(case_.before.weight_sram,
                    vector_.table_address + 128 + static_cast<std::int64_t>(a(y, x, c)), 1),
                false};
    }
    return {};
  }

  const KernelCase& case_;
  const Vector& vector_;
  int bits_;
};

}  // namespace

Expected evaluate(const KernelCase& test_case) {
  if (test_case.instruction.opcode == hw::Opcode::kConv) return ConvOracle(test_case).run();
  return VectorOracle(test_case).run();
}

std::string describe(const KernelCase& test_case) { return hw::disassemble(test_case.instruction); }

std::vector<hw::KernelPath> supported_paths() {
  std::vector<hw::KernelPath> paths;
  for (const auto path : {hw::KernelPath::kScalar, hw::KernelPath::kAvx2, hw::KernelPath::kAvx512Vnni}) {
    if (hw::supports_kernel_path(path)) paths.push_back(path);
  }
  return paths;
}

Exact require_exact(const KernelCase& test_case) {
  const Expected expected = evaluate(test_case);
  hw::PendingResult result;
  Exact exact{expected.saturated, true};
  for (const auto path : supported_paths()) {
    INFO(hw::kernel_path_name(path) << ": " << describe(test_case));
    hw::Kernels kernels(test_case.format, path);
    for (int round = 0; round < 2; ++round) {
      Memories timed = test_case.before;
      kernels.compute(test_case.instruction, 0, timed.view(), result);
      REQUIRE(timed == test_case.before);  // nothing is written before the commit
      kernels.commit(test_case.instruction, result, timed.view());
      REQUIRE(timed == expected.after);
      REQUIRE(result.saturated == expected.saturated);
      Memories untimed = test_case.before;
      REQUIRE(kernels.execute(test_case.instruction, 0, untimed.view()) == expected.saturated);
      REQUIRE(untimed == expected.after);
    }
    if (path == hw::KernelPath::kScalar) {
      REQUIRE(kernels.vectorised() == 0);
    } else {
      exact.vectorised = exact.vectorised && kernels.vectorised() == 4;
    }
  }
  return exact;
}

}  // namespace npu::tests
