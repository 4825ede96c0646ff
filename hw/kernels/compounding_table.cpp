#include "hw/kernels/compounding_table.h"

#include <limits>

#include "hw/common/units.h"

namespace npu::hw {
namespace {

constexpr int kOutputBits = 8;
constexpr int kOffsetBits = 62;  // added before a logical shift, so that the number shifted is not negative

// One channel's M, k and the bound of its sum.
struct ChannelStage {
  Wide bias = 0;
  Wide multiplier = 0;
  int shift = 0;
  Wide zero_point = 0;
};

// C_c, if every intermediate fits: |acc * M + C| < 2^62, its shifted value 32 bits, M a positive 32-bit
// number.
bool constant_of(const ChannelStage& stage, std::int64_t largest_sum, Wide& constant) {
  const Wide half = stage.shift == 0 ? 0 : Wide{1} << (stage.shift - 1);
  constant = stage.bias * stage.multiplier + half + stage.zero_point * (Wide{1} << stage.shift);
  const Wide largest = Wide{largest_sum} * stage.multiplier + (constant < 0 ? -constant : constant);
  return stage.shift <= kOffsetBits && stage.multiplier <= std::numeric_limits<std::int32_t>::max() &&
         largest < (Wide{1} << kOffsetBits) &&
         (largest >> stage.shift) < std::numeric_limits<std::int32_t>::max();
}

// Position of a channel's 64-bit factors: even channels of its vector first.
std::size_t position(std::int64_t channel, int lanes) {
  const std::int64_t lane = channel % lanes;
  return static_cast<std::size_t>(channel - lane + lane / 2 + (lane % 2 != 0 ? lanes / 2 : 0));
}

class FactorBuilder {
 public:
  FactorBuilder(std::int64_t channels, int lanes, bool logical_shift, CompoundingFactors& factors)
      : lanes_(lanes), logical_shift_(logical_shift), factors_(factors) {
    const auto padded = static_cast<std::size_t>(round_up(channels, lanes));
    factors.constant.assign(padded, 0);
    factors.multiplier.assign(padded, 0);
    factors.shift.assign(padded, 0);
    factors.correction.assign(padded, 0);
  }

  bool set(std::int64_t channel, const ChannelStage& stage, std::int64_t largest_sum) {
    Wide constant = 0;
    if (!constant_of(stage, largest_sum, constant)) return false;
    const std::size_t at = position(channel, lanes_);
    if (logical_shift_) {
      constant += Wide{1} << kOffsetBits;
      factors_.correction[static_cast<std::size_t>(channel)] =
          static_cast<std::int32_t>(std::int64_t{1} << (kOffsetBits - stage.shift));
    }
    factors_.constant[at] = static_cast<std::int64_t>(constant);
    factors_.multiplier[at] = static_cast<std::int64_t>(stage.multiplier);
    factors_.shift[at] = stage.shift;
    return true;
  }

 private:
  int lanes_;
  bool logical_shift_;
  CompoundingFactors& factors_;
};

}  // namespace

bool build_compounding(const Conv& conv, const ChannelParameters& parameters, std::int64_t largest_sum,
                       int lanes, bool logical_shift, CompoundingTable& table) {
  const OutputStage stage = output_stage_of(conv);
  table.channels = conv.out_channels;
  table.leaky = stage.leaky;
  table.low = stage.low;
  table.high = stage.high;
  const std::int32_t type_low = min_of_bits(kOutputBits);
  const std::int32_t type_high = max_of_bits(kOutputBits);
  table.cut_below = stage.low == type_low ? type_low : std::numeric_limits<std::int32_t>::min();
  table.cut_above = stage.high == type_high ? type_high : std::numeric_limits<std::int32_t>::max();
  FactorBuilder positive(conv.out_channels, lanes, logical_shift, table.factors);
  FactorBuilder negative(stage.leaky ? conv.out_channels : 0, lanes, logical_shift, table.negative);
  table.negative_below.assign(static_cast<std::size_t>(round_up(conv.out_channels, lanes)), 0);
  for (std::int64_t channel = 0; channel < conv.out_channels; ++channel) {
    const auto index = static_cast<std::size_t>(channel);
    const std::int64_t bias = parameters.bias[index];
    if (!positive.set(
            channel,
            {bias, parameters.multiplier[index], stage.shift + parameters.shift[index], stage.zero_point},
            largest_sum)) {
      return false;
    }
    if (!stage.leaky) continue;
    if (!negative.set(channel,
                      {bias, stage.negative_multiplier, stage.negative_shift + parameters.shift[index],
                       stage.zero_point},
                      largest_sum) ||
        bias == std::numeric_limits<std::int32_t>::min()) {
      return false;
    }
    table.negative_below[index] = static_cast<std::int32_t>(-bias);
  }
  return true;
}

}  // namespace npu::hw
