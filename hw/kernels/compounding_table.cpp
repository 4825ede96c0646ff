#include "hw/kernels/compounding_table.h"

#include <limits>

#include "hw/common/units.h"
#include "hw/numerics/rounding_addends.h"

namespace npu::hw {
namespace {

constexpr int kOutputBits = 8;
constexpr int kOffsetBits = 62;  // added before a logical shift, so that the number shifted is not negative

// One channel's C_c before it is put together.
struct ChannelStage {
  Wide bias = 0;
  std::uint32_t multiplier = 0;
  int shift = 0;
  Wide zero_point = 0;
  Wide rounding = 0;  // r
};

// C_c, if every intermediate fits: |acc * M + C| < 2^62, its shifted value 32 bits, M a positive 32-bit
// number.
bool constant_of(const ChannelStage& stage, std::int64_t largest_sum, Wide& constant) {
  constant = stage.bias * stage.multiplier + stage.rounding + stage.zero_point * (Wide{1} << stage.shift);
  const Wide largest = Wide{largest_sum} * stage.multiplier + (constant < 0 ? -constant : constant);
  return stage.shift <= kOffsetBits &&
         stage.multiplier <= static_cast<std::uint32_t>(std::numeric_limits<std::int32_t>::max()) &&
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
  FactorBuilder(std::int64_t channels, const CompoundingTarget& target, CompoundingFactors& factors)
      : target_(target), factors_(factors) {
    const auto padded = static_cast<std::size_t>(round_up(channels, target.lanes));
    factors.constant.assign(padded, 0);
    factors.multiplier.assign(padded, 0);
    factors.shift.assign(padded, 0);
    factors.correction.assign(padded, 0);
  }

  bool set(std::int64_t channel, const ChannelStage& stage, std::int64_t largest_sum) {
    Wide constant = 0;
    if (!constant_of(stage, largest_sum, constant)) return false;
    const std::size_t at = position(channel, target_.lanes);
    if (target_.logical_shift) {
      constant += Wide{1} << kOffsetBits;
      factors_.correction[static_cast<std::size_t>(channel)] =
          static_cast<std::int32_t>(std::int64_t{1} << (kOffsetBits - stage.shift));
    }
    factors_.constant[at] = static_cast<std::int64_t>(constant);
    factors_.multiplier[at] = std::int64_t{stage.multiplier};
    factors_.shift[at] = stage.shift;
    return true;
  }

 private:
  const CompoundingTarget& target_;
  CompoundingFactors& factors_;
};

// Both signs' constants of one channel.
struct SignedStages {
  ChannelStage not_negative;
  ChannelStage negative;
};

SignedStages stages_of(const OutputStage& stage, const ChannelParameters& parameters, std::size_t channel,
                       Rounding rule) {
  const int channel_shift = parameters.shift[channel];
  ChannelStage base;
  base.bias = parameters.bias[channel];
  base.multiplier = parameters.multiplier[channel];
  base.shift = stage.shift + channel_shift;
  base.zero_point = stage.zero_point;
  SignedStages result{base, base};
  if (stage.leaky) {
    result.negative.multiplier = stage.negative_multiplier;
    result.negative.shift = stage.negative_shift + channel_shift;
  }
  result.not_negative.rounding = rounding_addends(result.not_negative.shift, rule).not_negative;
  result.negative.rounding = rounding_addends(result.negative.shift, rule).negative;
  return result;
}

bool may_tie(const ChannelStage& stage, std::int64_t largest_sum) {
  const Wide bias = stage.bias < 0 ? -stage.bias : stage.bias;
  return !no_ties(largest_sum + bias, stage.multiplier, stage.shift);
}

}  // namespace

bool build_compounding(const Conv& conv, const ChannelParameters& parameters, std::int64_t largest_sum,
                       const CompoundingTarget& target, CompoundingTable& table) {
  const OutputStage stage = output_stage_of(conv);
  table.channels = conv.out_channels;
  table.by_sign = stage.leaky || rounds_by_sign(target.rounding);
  table.low = stage.low;
  table.high = stage.high;
  const std::int32_t type_low = min_of_bits(kOutputBits);
  const std::int32_t type_high = max_of_bits(kOutputBits);
  table.cut_below = stage.low == type_low ? type_low : std::numeric_limits<std::int32_t>::min();
  table.cut_above = stage.high == type_high ? type_high : std::numeric_limits<std::int32_t>::max();
  FactorBuilder positive(conv.out_channels, target, table.factors);
  FactorBuilder negative(table.by_sign ? conv.out_channels : 0, target, table.negative);
  table.negative_below.assign(static_cast<std::size_t>(round_up(conv.out_channels, target.lanes)), 0);
  for (std::int64_t channel = 0; channel < conv.out_channels; ++channel) {
    const auto index = static_cast<std::size_t>(channel);
    const SignedStages stages = stages_of(stage, parameters, index, target.rounding);
    if (target.rounding == Rounding::kHalfEven &&
        (may_tie(stages.not_negative, largest_sum) || may_tie(stages.negative, largest_sum))) {
      return false;
    }
    if (!positive.set(channel, stages.not_negative, largest_sum)) return false;
    if (!table.by_sign) continue;
    const std::int64_t bias = parameters.bias[index];
    if (!negative.set(channel, stages.negative, largest_sum) ||
        bias == std::numeric_limits<std::int32_t>::min()) {
      return false;
    }
    table.negative_below[index] = static_cast<std::int32_t>(-bias);
  }
  return true;
}

}  // namespace npu::hw
