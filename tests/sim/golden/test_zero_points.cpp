// Zero points handled wrongly, in the padding of the array's operands or in the output: are they named?
#include <algorithm>

#include "hw/common/file.h"
#include "sim/golden/diagnosis.h"
#include "sim/golden/layer_streams.h"
#include "tests/rounding_oracle.h"
#include "tests/sim/golden/small_export.h"

namespace npu::tests {
namespace {

using namespace sim::golden;

bool guessed(const CheckResult& result, const std::string& part) {
  return std::ranges::any_of(result.guesses,
                             [&](const auto& guess) { return guess.find(part) != std::string::npos; });
}

/// The operands of a layer's CONVs as numbers, all instructions one after the other.
struct Operands {
  std::vector<std::int64_t> activations, weights, biases, shifts, sums;

  Operands(const SmallExport& made, const std::string& folder) {
    const auto read = [&](const char* name) {
      return read_values(*made.manifest.find(folder + name), made.golden());
    };
    activations = read("operand_activations");
    weights = read("operand_weights");
    biases = read("operand_biases");
    shifts = read("operand_shifts");
    sums = read("accumulators");
  }
};

// The sums of an instruction with another value in the padding, by plain loops.
std::vector<std::int64_t> sums_with_padding(const hw::Conv& conv, const std::int64_t* x,
                                            const std::int64_t* w, std::int64_t padding) {
  std::vector<std::int64_t> sums;
  const std::int64_t columns = (conv.out_width - 1) * conv.stride_width + conv.kernel_width;
  for (std::int64_t row = 0; row < conv.out_height; ++row) {
    for (std::int64_t column = 0; column < conv.out_width; ++column) {
      for (std::int64_t out = 0; out < conv.out_channels; ++out) {
        std::int64_t sum = 0;
        for (std::int64_t tap = 0; tap < conv.kernel_height * conv.kernel_width; ++tap) {
          const std::int64_t y = row * conv.stride_height + tap / conv.kernel_width;
          const std::int64_t z = column * conv.stride_width + tap % conv.kernel_width;
          const bool real = y >= conv.pad_top && y < conv.pad_top + conv.in_height && z >= conv.pad_left &&
                            z < conv.pad_left + conv.in_width;
          for (std::int64_t c = 0; c < conv.in_channels; ++c) {
            const std::int64_t weight =
                w[(out * conv.kernel_height * conv.kernel_width + tap) * conv.in_channels + c];
            sum += weight * (real ? x[(y * columns + z) * conv.in_channels + c] : padding);
          }
        }
        sums.push_back(sum);
      }
    }
  }
  return sums;
}

std::int64_t output_of(const hw::Conv& conv, std::int64_t sum, std::int64_t bias, std::int64_t shift,
                       std::int64_t zero_point) {
  const hw::Wide y = rounding_oracle((hw::Wide{sum} + bias) * conv.multiplier,
                                     static_cast<int>(conv.shift + shift), hw::Rounding::kHalfUp) +
                     zero_point;
  return static_cast<std::int64_t>(std::clamp<hw::Wide>(y, conv.low, conv.high));
}

enum class Fault { kNoPadding, kNegativePadding, kNegativeOutput };

}  // namespace

TEST_CASE(
    "Padding without its zero point or with the wrong sign, and an output zero point of the wrong sign, are "
    "named") {
  for (const bool sums_dumped : {true, false}) {
    for (const auto fault : {Fault::kNoPadding, Fault::kNegativePadding, Fault::kNegativeOutput}) {
      const auto made = small_export(31, Level::kUnit);
      const std::int64_t layer = made->layer_of("conv");
      const auto outputs = made->name_of(Content::kConvOutput, layer);
      const auto folder = outputs.substr(0, outputs.rfind('/')) + "/";
      const Operands operands(*made, folder);
      made->dump_everything();
      std::size_t x = 0, w = 0, channel = 0, sum_at = 0;
      std::vector<std::int64_t> all_sums;
      made->damage(outputs, [&](std::vector<std::uint8_t>& bytes) {
        for (const auto& record : made->manifest.find(outputs)->records) {
          const auto& conv = made->program.instructions[static_cast<std::size_t>(record.pc)].conv();
          REQUIRE((conv.first != 0 && conv.last != 0 && conv.in_zero_point != 0 && conv.out_zero_point != 0));
          const std::int64_t padding = fault == Fault::kNoPadding         ? 0
                                       : fault == Fault::kNegativePadding ? -conv.in_zero_point
                                                                          : conv.in_zero_point;
          const auto sums =
              sums_with_padding(conv, operands.activations.data() + x, operands.weights.data() + w, padding);
          const std::int64_t zero_point =
              fault == Fault::kNegativeOutput ? -conv.out_zero_point : conv.out_zero_point;
          for (std::int64_t index = 0; index < record.elements; ++index) {
            const auto c = channel + static_cast<std::size_t>(index % conv.out_channels);
            bytes[static_cast<std::size_t>(record.word * 4 + index)] =
                static_cast<std::uint8_t>(output_of(conv, sums[static_cast<std::size_t>(index)],
                                                    operands.biases[c], operands.shifts[c], zero_point));
          }
          if (fault == Fault::kNegativeOutput) {
            CHECK(std::equal(sums.begin(), sums.end(),
                             operands.sums.begin() + static_cast<std::ptrdiff_t>(sum_at)));
          }
          all_sums.insert(all_sums.end(), sums.begin(), sums.end());
          sum_at += sums.size();
          const std::int64_t rows = (conv.out_height - 1) * conv.stride_height + conv.kernel_height;
          const std::int64_t columns = (conv.out_width - 1) * conv.stride_width + conv.kernel_width;
          x += static_cast<std::size_t>(rows * columns * conv.in_channels);
          w += static_cast<std::size_t>(conv.out_channels * conv.kernel_height * conv.kernel_width *
                                        conv.in_channels);
          channel += static_cast<std::size_t>(conv.out_channels);
        }
      });
      const auto accumulators = made->name_of(Content::kAccumulators, layer);
      if (sums_dumped) {
        write_file(made->dump() / (accumulators + ".bin"), little_endian(all_sums, 4));
      } else {
        std::filesystem::remove(made->dump() / (accumulators + ".bin"));
      }
      const auto result = made->check();
      std::string guesses;
      for (const auto& guess : result.guesses) guesses += guess + "\n";
      INFO("fault " << static_cast<int>(fault) << ", sums dumped " << sums_dumped << "\n" << guesses);
      REQUIRE(result.first);
      CHECK(guessed(result, fault == Fault::kNoPadding ? "padding is 0"
                            : fault == Fault::kNegativePadding
                                ? "padding is the input zero point with the wrong sign"
                                : "output zero point subtracted"));
      if (sums_dumped) {
        CHECK(result.first->unit == (fault == Fault::kNegativeOutput ? "compounding unit" : "PE array"));
      }
    }
  }
}

}  // namespace npu::tests
