#include "hw/kernels/channel_parameters.h"

#include <fmt/core.h>

#include <algorithm>

#include "hw/common/error.h"
#include "hw/kernels/element_access.h"

namespace npu::hw {
namespace {

constexpr int kNibbleBits = 4;

// e_c of one channel from packed nibbles (even channel low) or whole bytes.
int shift_at(const std::uint8_t* shifts, std::int64_t channel, bool whole_bytes) {
  if (whole_bytes) return shifts[channel];
  const int pair = shifts[channel / 2];
  return channel % 2 == 0 ? pair & 0xF : pair >> kNibbleBits;
}

}  // namespace

void read_channel_parameters(const Conv& conv, std::int64_t pc, const MachineFormat& format,
                             const std::uint8_t* block, ChannelParameters& parameters) {
  const std::int64_t channels = conv.out_channels;
  const auto count = static_cast<std::size_t>(channels);
  const bool per_channel = conv.per_channel_multiplier != 0;
  parameters.bias.resize(count);
  parameters.multiplier.assign(count, static_cast<std::uint32_t>(conv.multiplier));
  parameters.shift.resize(count);
  const int bias_bytes = format.accumulator_bytes();
  const std::uint8_t* multipliers = block + channels * bias_bytes;
  const std::uint8_t* shifts =
      per_channel ? multipliers + channels * std::int64_t{sizeof(std::uint32_t)} : multipliers;
  const bool whole_bytes = per_channel || format.shift_bits > kNibbleBits;
  const std::int64_t base = conv.leaky != 0 ? std::max(conv.shift, conv.negative_shift) : conv.shift;
  for (std::size_t channel = 0; channel < count; ++channel) {
    const auto index = static_cast<std::int64_t>(channel);
    parameters.bias[channel] = load_signed(block + index * bias_bytes, bias_bytes);
    if (per_channel) {
      parameters.multiplier[channel] =
          load_element<std::uint32_t>(multipliers + index * std::int64_t{sizeof(std::uint32_t)});
    }
    parameters.shift[channel] = shift_at(shifts, index, whole_bytes);
    if (base + parameters.shift[channel] > kMaxShift) {
      throw ProgramError(
          pc, fmt::format("output channel {} of CONV needs a right shift of {} + {}, the machine has "
                          "0 to {}",
                          channel, base, parameters.shift[channel], kMaxShift));
    }
  }
}

OutputStage output_stage_of(const Conv& conv) {
  OutputStage stage;
  stage.multiplier = static_cast<std::uint32_t>(conv.multiplier);
  stage.shift = static_cast<int>(conv.shift);
  stage.negative_multiplier = static_cast<std::uint32_t>(conv.negative_multiplier);
  stage.negative_shift = static_cast<int>(conv.negative_shift);
  stage.leaky = conv.leaky != 0;
  stage.zero_point = static_cast<std::int32_t>(conv.out_zero_point);
  stage.low = static_cast<std::int32_t>(conv.low);
  stage.high = static_cast<std::int32_t>(conv.high);
  return stage;
}

}  // namespace npu::hw
