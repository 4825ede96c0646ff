// Random instructions with memories of exactly the size they need, and an oracle that evaluates them element
// by element in 128-bit integers straight from the words of hw/isa/instruction.h, without hw/numerics or
// hw/kernels.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "hw/isa/instruction.h"
#include "hw/isa/program.h"
#include "hw/kernels/kernels.h"
#include "tests/support.h"

namespace npu::tests {

struct Memories {
  std::vector<std::uint8_t> dram;
  std::vector<std::uint8_t> weight_sram;
  std::vector<std::uint8_t> global_buffer;
  std::vector<std::int64_t> accumulators;

  hw::MemoryView view() { return {dram, weight_sram, global_buffer, accumulators}; }
  friend bool operator==(const Memories&, const Memories&) = default;
};

struct KernelCase {
  hw::MachineFormat format;
  hw::Instruction instruction;
  Memories before;
};

/// What values a case is made of.
enum class Values {
  kRandom,   ///< uniform bytes, output scale that spreads results over the output range
  kExtreme,  ///< every activation and weight at a limit of its type, large biases and partial sums
  kTies,     ///< small values and a power-of-two multiplier: many exact halves, negative ones too
};

struct ConvChoice {
  int weight_bits = 8;
  int activation_bits = 8;
  int accumulator_bits = 32;
  int shift_bits = 4;
  Values values = Values::kRandom;
  bool depthwise = false;
  bool leaky = false;
  bool per_channel_multiplier = false;
  bool weight_zero_point = false;
  bool split = false;       ///< random first / last flags
  bool tiny_shift = false;  ///< multipliers of 1 to 3 and shifts from 0 on
  std::int64_t max_channels = 70;
  hw::Rounding rounding = hw::Rounding::kHalfUp;
};
KernelCase random_conv(TestRandom& random, const ConvChoice& choice);

struct VectorChoice {
  hw::VectorOp operation = hw::VectorOp::kAdd;
  int activation_bits = 8;
  Values values = Values::kRandom;
  bool use_table = false;
  bool in_place = false;  ///< the output is operand a's tile
  hw::Rounding rounding = hw::Rounding::kHalfUp;
};
KernelCase random_vector(TestRandom& random, const VectorChoice& choice);

/// Memories after the instruction, and its count of saturated outputs.
struct Expected {
  Memories after;
  std::int64_t saturated = 0;
};
Expected evaluate(const KernelCase& test_case);

/// The instruction for messages.
std::string describe(const KernelCase& test_case);

/// Kernel paths of this processor.
std::vector<hw::KernelPath> supported_paths();

/// Runs the case on every supported path by compute() + commit() and by execute(), twice each (packed weights
/// are then reused), and requires the oracle's memories and saturation count.
struct Exact {
  std::int64_t saturated = 0;
  bool vectorised = false;  ///< every path but the scalar one used vector instructions
};
Exact require_exact(const KernelCase& test_case);

}  // namespace npu::tests
