#include "hw/kernels/wide_step.h"

#include <algorithm>
#include <limits>

#include "hw/kernels/element_access.h"

namespace npu::hw {
namespace {

constexpr int kExactBits = 62;  // of |(sum + bias) * M + half|

}  // namespace

WideStep::WideStep(const Conv& conv, const ChannelParameters& parameters, const MachineFormat& format)
    : stage_(output_stage_of(conv)),
      parameters_(parameters),
      rounding_(format.rounding),
      output_bits_(format.activation_bits),
      output_bytes_(format.activation_bytes()) {
  const std::int32_t type_low = min_of_bits(output_bits_);
  const std::int32_t type_high = max_of_bits(output_bits_);
  cut_below_ = stage_.low == type_low ? type_low : std::numeric_limits<std::int64_t>::min();
  cut_above_ = stage_.high == type_high ? type_high : std::numeric_limits<std::int64_t>::max();
  const auto make = [&](std::int64_t bias, std::uint32_t multiplier, int shift) {
    Channel channel{bias, multiplier, shift == 0 ? 0 : std::int64_t{1} << (shift - 1), shift, -1};
    const Wide room = ((Wide{1} << kExactBits) - channel.half) / std::max<Wide>(multiplier, 1) -
                      (bias < 0 ? -Wide{bias} : Wide{bias});
    if (shift <= kExactBits && room > 0 && rounding_ == Rounding::kHalfUp) {
      channel.largest = static_cast<std::int64_t>(std::min<Wide>(room, Wide{1} << kExactBits));
    }
    return channel;
  };
  for (std::size_t index = 0; index < parameters.bias.size(); ++index) {
    const int shift = parameters.shift[index];
    channels_.push_back(make(parameters.bias[index], parameters.multiplier[index], stage_.shift + shift));
    if (!stage_.leaky) continue;
    negative_.push_back(
        make(parameters.bias[index], stage_.negative_multiplier, stage_.negative_shift + shift));
  }
}

std::int64_t WideStep::finish(const std::int64_t* sums, std::uint8_t* out) const {
  std::int64_t saturated = 0;
  for (std::size_t index = 0; index < channels_.size(); ++index) {
    const std::int64_t sum = sums[index];
    const Channel* channel = &channels_[index];
    if (stage_.leaky && sum < -channel->bias) channel = &negative_[index];
    const auto at = static_cast<std::int64_t>(index);
    if (sum > channel->largest || sum < -channel->largest) {
      OutputStage exact = stage_;
      exact.multiplier = parameters_.multiplier[index];
      const StageResult result = apply_output_stage(Wide{sum} + channel->bias, exact,
                                                    parameters_.shift[index], rounding_, output_bits_);
      store_activation(out, at, result.value, output_bytes_);
      saturated += result.saturated ? 1 : 0;
      continue;
    }
    const std::int64_t y =
        (((sum + channel->bias) * channel->multiplier + channel->half) >> channel->shift) + stage_.zero_point;
    saturated += y < cut_below_ || y > cut_above_ ? 1 : 0;
    store_activation(out, at, static_cast<std::int32_t>(std::clamp<std::int64_t>(y, stage_.low, stage_.high)),
                     output_bytes_);
  }
  return saturated;
}

}  // namespace npu::hw
