// Is every convolution exact on every path? Random instructions against the oracle of oracle.cpp.
#include <utility>

#include "tests/hw/kernels/kernel_case.h"

namespace npu::tests {
namespace {

constexpr int kCases = 80;

struct Totals {
  std::int64_t saturated = 0;   ///< outputs the oracle saw cut
  std::int64_t vectorised = 0;  ///< cases that the fast paths did not leave to the scalar rule
};

// `count` seeded cases of one kind on every path.
Totals require_all_paths(std::uint64_t seed, const ConvChoice& choice, int count = kCases) {
  Totals totals;
  for (int index = 0; index < count; ++index) {
    TestRandom random(seed * 1000 + static_cast<std::uint64_t>(index));
    INFO("seed " << seed << ", case " << index);
    const Exact exact = require_exact(random_conv(random, choice));
    totals.saturated += exact.saturated;
    totals.vectorised += exact.vectorised ? 1 : 0;
  }
  return totals;
}

// The same, and most cases must have tested vector instructions rather than the scalar rule against itself.
Totals require_all_paths_fast(std::uint64_t seed, const ConvChoice& choice, int count = kCases) {
  const Totals totals = require_all_paths(seed, choice, count);
  CHECK(totals.vectorised > count / 2);
  return totals;
}

}  // namespace

TEST_CASE("A dense 8-bit convolution equals the 128-bit oracle on every path and counts its saturations") {
  CHECK(require_all_paths_fast(1, {}).saturated > 0);
}

TEST_CASE("A depthwise 8-bit convolution equals the oracle on every path") {
  ConvChoice choice;
  choice.depthwise = true;
  choice.max_channels = 150;
  CHECK(require_all_paths_fast(2, choice).saturated > 0);
}

TEST_CASE("Accumulators are read, written and wrapped as first and last say") {
  ConvChoice choice;
  choice.split = true;
  require_all_paths_fast(3, choice);
  choice.values = Values::kExtreme;
  require_all_paths_fast(4, choice);
  choice.depthwise = true;
  require_all_paths_fast(5, choice);
}

TEST_CASE("Extreme activations and weights overflow no intermediate of any path") {
  ConvChoice choice;
  choice.values = Values::kExtreme;
  require_all_paths_fast(6, choice);
  choice.depthwise = true;
  require_all_paths_fast(7, choice);
}

TEST_CASE("Ties of the compounding round half up on every path, negative ones too") {
  ConvChoice choice;
  choice.values = Values::kTies;
  choice.max_channels = 20;
  require_all_paths_fast(8, choice);
  choice.depthwise = true;
  require_all_paths_fast(9, choice);
}

TEST_CASE("A total shift of 0 adds nothing before the shift, one of a few bits its half, on every path") {
  ConvChoice choice;
  choice.values = Values::kTies;
  choice.tiny_shift = true;
  choice.max_channels = 20;
  require_all_paths_fast(60, choice);
  choice.leaky = true;
  require_all_paths_fast(61, choice);
}

TEST_CASE("LeakyReLU takes its second multiplier by the sign of the sum on every path") {
  for (const auto values : {Values::kRandom, Values::kExtreme, Values::kTies}) {
    ConvChoice choice;
    choice.leaky = true;
    choice.values = values;
    require_all_paths_fast(10 + static_cast<std::uint64_t>(values), choice);
  }
}

TEST_CASE("A multiplier per channel is exact on every path") {
  ConvChoice choice;
  choice.per_channel_multiplier = true;
  require_all_paths_fast(13, choice);
  choice.depthwise = true;
  require_all_paths_fast(14, choice);
  choice.leaky = true;
  require_all_paths_fast(15, choice);
}

TEST_CASE("Weights with a zero point are exact on every path") {
  ConvChoice choice;
  choice.weight_zero_point = true;
  require_all_paths_fast(16, choice);
  choice.depthwise = true;
  require_all_paths_fast(17, choice);
  choice.values = Values::kExtreme;
  require_all_paths(18, choice);
  choice.depthwise = false;
  require_all_paths(19, choice);
}

TEST_CASE("Every rounding rule is exact on every path, at ties and under LeakyReLU too") {
  for (const auto& [name, rule] : hw::kRoundings) {
    INFO(name);
    for (const auto values : {Values::kRandom, Values::kExtreme, Values::kTies}) {
      ConvChoice choice;
      choice.rounding = rule;
      choice.values = values;
      choice.max_channels = 24;
      const auto seed = 70 + static_cast<std::uint64_t>(values);
      const Totals plain = require_all_paths(seed, choice, 40);
      // Only ties to even are left to the scalar rule, and only where one may occur.
      const bool ties_to_even = rule == hw::Rounding::kHalfEven;
      CHECK(plain.vectorised > (ties_to_even ? -1 : 20));
      if (ties_to_even && values == Values::kRandom) CHECK(plain.vectorised > 0);
      choice.leaky = true;
      choice.tiny_shift = values == Values::kTies;
      require_all_paths(seed + 10, choice, 20);
      choice.depthwise = true;
      require_all_paths(seed + 20, choice, 20);
    }
  }
}

TEST_CASE("Channel shifts of 5 bits take a byte each") {
  ConvChoice choice;
  choice.shift_bits = 5;
  require_all_paths_fast(20, choice);
}

TEST_CASE("Every combination of 8-bit and 16-bit data is exact on every path") {
  for (const int weight_bits : {8, 16}) {
    for (const int activation_bits : {8, 16}) {
      for (const bool depthwise : {false, true}) {
        ConvChoice choice;
        choice.weight_bits = weight_bits;
        choice.activation_bits = activation_bits;
        choice.accumulator_bits = weight_bits + activation_bits == 16 ? 40 : 48;
        choice.depthwise = depthwise;
        choice.split = true;
        choice.max_channels = 40;
        const auto seed = static_cast<std::uint64_t>(20 + weight_bits + activation_bits / 8);
        require_all_paths_fast(seed, choice, 60);
        choice.values = Values::kExtreme;
        require_all_paths_fast(seed + 100, choice, 60);
      }
    }
  }
}

TEST_CASE("16-bit data is exact with ties, LeakyReLU, a multiplier per channel and 5-bit channel shifts") {
  ConvChoice choice;
  choice.weight_bits = 16;
  choice.activation_bits = 16;
  choice.accumulator_bits = 48;
  for (const auto values : {Values::kRandom, Values::kExtreme, Values::kTies}) {
    choice.values = values;
    choice.leaky = true;
    require_all_paths_fast(70 + static_cast<std::uint64_t>(values), choice, 40);
    choice.per_channel_multiplier = true;
    require_all_paths_fast(80 + static_cast<std::uint64_t>(values), choice, 40);
    choice.per_channel_multiplier = false;
    choice.leaky = false;
    choice.shift_bits = 5;
    require_all_paths_fast(90 + static_cast<std::uint64_t>(values), choice, 40);
    choice.shift_bits = 4;
  }
}

TEST_CASE("Extreme 16-bit sums over hundreds of channels never wrap inside the vector lanes") {
  ConvChoice choice;
  choice.weight_bits = 16;
  choice.activation_bits = 16;
  choice.accumulator_bits = 48;
  choice.values = Values::kExtreme;
  choice.max_channels = 600;
  require_all_paths_fast(100, choice, 6);
  choice.activation_bits = 8;
  require_all_paths_fast(101, choice, 6);
}

TEST_CASE("Weights of 16 bits with a zero point are left to the scalar rule and are exact") {
  ConvChoice choice;
  choice.weight_bits = 16;
  choice.activation_bits = 16;
  choice.accumulator_bits = 48;
  choice.weight_zero_point = true;
  choice.max_channels = 20;
  require_all_paths(102, choice, 40);
}

TEST_CASE("A 24-bit accumulator wraps at 24 bits") {
  ConvChoice choice;
  choice.accumulator_bits = 24;
  choice.split = true;
  choice.values = Values::kExtreme;
  require_all_paths(50, choice);
}

TEST_CASE("Wide layers are exact: hundreds of input and output channels") {
  ConvChoice choice;
  choice.max_channels = 600;
  require_all_paths_fast(51, choice, 6);
}

TEST_CASE("Splitting the input channels over several instructions equals one instruction") {
  for (const auto path : supported_paths()) {
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
      TestRandom random(seed);
      INFO(hw::kernel_path_name(path) << ", seed " << seed);
      KernelCase whole = random_conv(random, {});
      const hw::Conv conv = whole.instruction.conv();
      if (conv.in_channels < 2) continue;
      const Expected expected = evaluate(whole);
      // Weights of the parts, one behind the other, behind the parameters of the whole.
      const std::int64_t part = random.integer(1, conv.in_channels - 1);
      const std::int64_t taps = conv.kernel_height * conv.kernel_width;
      auto& weights = whole.before.weight_sram;
      const auto first_weights = static_cast<std::int64_t>(weights.size());
      for (const auto& [begin, end] : {std::pair{std::int64_t{0}, part}, std::pair{part, conv.in_channels}}) {
        for (std::int64_t filter = 0; filter < conv.out_channels * taps; ++filter) {
          for (std::int64_t channel = begin; channel < end; ++channel) {
            weights.push_back(
                weights[static_cast<std::size_t>(conv.weight_address + filter * conv.in_channels + channel)]);
          }
        }
      }
      hw::Kernels kernels(whole.format, path);
      Memories memories = whole.before;
      hw::Conv first = conv;
      first.in_channels = part;
      first.weight_address = first_weights;
      first.last = 0;
      hw::Conv second = conv;
      second.in_channels = conv.in_channels - part;
      second.in_address = conv.in_address + part;
      second.weight_address = first_weights + conv.out_channels * taps * part;
      second.first = 0;
      kernels.execute({hw::Opcode::kConv, {}, first}, 0, memories.view());
      CHECK(kernels.execute({hw::Opcode::kConv, {}, second}, 1, memories.view()) == expected.saturated);
      REQUIRE(memories.global_buffer == expected.after.global_buffer);
    }
  }
}

TEST_CASE("New weights or parameters at the same pc are noticed") {
  for (const auto path : supported_paths()) {
    TestRandom random(77);
    for (const bool depthwise : {false, true}) {
      ConvChoice choice;
      choice.depthwise = depthwise;
      KernelCase test_case = random_conv(random, choice);
      hw::Kernels kernels(test_case.format, path);
      for (int change = 0; change < 30; ++change) {
        INFO(hw::kernel_path_name(path) << ", change " << change);
        auto& memory = test_case.before.weight_sram;
        const auto at = static_cast<std::size_t>(random.integer(0, std::ssize(memory) - 1));
        memory[at] = static_cast<std::uint8_t>(memory[at] ^ (1U << random.integer(0, 7)));
        Memories memories = test_case.before;
        kernels.execute(test_case.instruction, 5, memories.view());
        REQUIRE(memories == evaluate(test_case).after);
      }
    }
  }
}

TEST_CASE("One Kernels object serves many instructions at one pc and at many") {
  for (const auto path : supported_paths()) {
    hw::Kernels kernels(hw::MachineFormat{}, path);
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
      TestRandom random(seed);
      ConvChoice choice;
      choice.depthwise = seed % 3 == 0;
      const KernelCase test_case = random_conv(random, choice);
      INFO(hw::kernel_path_name(path) << ", seed " << seed << ": " << describe(test_case));
      Memories memories = test_case.before;
      kernels.execute(test_case.instruction, static_cast<std::int64_t>(seed % 4), memories.view());
      REQUIRE(memories == evaluate(test_case).after);
    }
  }
}

TEST_CASE("A convolution may overwrite its own input: results are those of the old input") {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    TestRandom random(seed);
    ConvChoice choice;
    choice.depthwise = seed % 2 == 0;
    KernelCase test_case = random_conv(random, choice);
    hw::Conv conv = test_case.instruction.conv();
    conv.out_address = conv.in_address;
    test_case.instruction.body = conv;
    require_exact(test_case);
  }
}

}  // namespace npu::tests
