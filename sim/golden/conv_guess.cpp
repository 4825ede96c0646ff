#include <algorithm>

#include "hw/isa/regions.h"
#include "hw/kernels/element_access.h"
#include "hw/kernels/padded_input.h"
#include "sim/golden/arithmetic_guess.h"

namespace npu::sim::golden {
namespace {

using hw::Conv;

constexpr std::int64_t kMaxProducts = 20'000'000;

}  // namespace

ConvGuess::ConvGuess(const Step& step, const hw::MachineFormat& format)
    : conv_(step.instruction->conv()), format_(format) {
  sums_.assign(step.accumulators.begin(), step.accumulators.end());
  const auto& weights = step.before->weight_sram;
  if (conv_.last != 0) {
    hw::read_channel_parameters(conv_, step.pc, format, weights.data() + conv_.parameter_address,
                                parameters_);
  }
  const auto padded_with = [&](std::int64_t zero_point) {
    Conv conv = conv_;
    conv.in_zero_point = zero_point;
    return hw::padded_input(conv, format, *step.before);
  };
  activations_ = padded_with(conv_.in_zero_point);
  zero_padded_ = padded_with(0);
  negative_padded_ = padded_with(-conv_.in_zero_point);
  const auto first = weights.begin() + conv_.weight_address;
  weights_.assign(first, first + hw::weight_block_bytes(conv_, format));
  if (conv_.first == 0) {
    const auto begin = step.before->accumulators.begin() + conv_.acc_address;
    earlier_.assign(begin, begin + std::ssize(sums_));
  }
}

void ConvGuess::outputs(const ArithmeticResults& results, std::vector<Guess>& guesses) const {
  for (const auto& fault : output_faults()) {
    consider(
        results, fault.name, [&](std::int64_t index) { return fault.value(inputs(index)); }, guesses);
  }
  consider(
      results, "one result late: each output is the one before it",
      [&](std::int64_t index) { return right_output(inputs(std::max<std::int64_t>(index - 1, 0))); },
      guesses);
  for (const auto& fault : sum_faults()) {
    consider(
        results, fault.name,
        [&](std::int64_t index) {
          OutputInputs wrong = inputs(index);
          wrong.accumulator = fault.sum(index);
          return right_output(wrong);
        },
        guesses);
  }
}

void ConvGuess::sums(const ArithmeticResults& results, std::vector<Guess>& guesses) const {
  consider(
      results, "sum sign-extended from 16 bits",
      [&](std::int64_t index) { return hw::wrap(sums_[static_cast<std::size_t>(index)], 16); }, guesses);
  for (const auto& fault : sum_faults()) consider(results, fault.name, fault.sum, guesses);
}

std::vector<ConvGuess::SumFault> ConvGuess::sum_faults() const {
  std::vector<SumFault> faults;
  if (!earlier_.empty()) {
    faults.push_back({"earlier partial sums not added", [this](std::int64_t index) {
                        const auto at = static_cast<std::size_t>(index);
                        return hw::wrap(sums_[at] - earlier_[at], format_.accumulator_bits);
                      }});
  }
  const std::int64_t terms =
      conv_.kernel_height * conv_.kernel_width * (conv_.depthwise != 0 ? 1 : conv_.in_channels);
  if (terms * std::ssize(sums_) > kMaxProducts) return faults;
  add_operand_faults(faults);
  if (conv_.in_zero_point != 0) add_padding_faults(faults);
  return faults;
}

void ConvGuess::add_operand_faults(std::vector<SumFault>& faults) const {
  const auto add = [&](const char* name, const Term& term) {
    faults.push_back({name, [this, term](std::int64_t index) { return sum(index, activations_, term); }});
  };
  const auto unsigned_of = [](std::int64_t value, int bytes) {
    return value < 0 ? value + (std::int64_t{1} << (8 * bytes)) : value;
  };
  const std::int64_t last_tap = conv_.kernel_height * conv_.kernel_width - 1;
  const std::int64_t last_channel = conv_.in_channels - 1;
  add("activations taken as unsigned", [this, unsigned_of](auto, auto, auto x, auto w) {
    return unsigned_of(x, format_.activation_bytes()) * w;
  });
  add("weights taken as unsigned",
      [this, unsigned_of](auto, auto, auto x, auto w) { return x * unsigned_of(w, format_.weight_bytes()); });
  add("the last tap is missing",
      [last_tap](auto tap, auto, auto x, auto w) { return tap == last_tap ? 0 : x * w; });
  add("the first tap is missing", [](auto tap, auto, auto x, auto w) { return tap == 0 ? 0 : x * w; });
  add("the last input channel is missing",
      [last_channel](auto, auto channel, auto x, auto w) { return channel == last_channel ? 0 : x * w; });
  add("the first input channel is missing",
      [](auto, auto channel, auto x, auto w) { return channel == 0 ? 0 : x * w; });
}

void ConvGuess::add_padding_faults(std::vector<SumFault>& faults) const {
  const Term product = [](auto, auto, auto x, auto w) { return x * w; };
  faults.push_back({"padding is 0, not the input zero point",
                    [this, product](std::int64_t index) { return sum(index, zero_padded_, product); }});
  faults.push_back({"padding is the input zero point with the wrong sign",
                    [this, product](std::int64_t index) { return sum(index, negative_padded_, product); }});
}

OutputInputs ConvGuess::inputs(std::int64_t index) const {
  const std::int64_t channel = index % conv_.out_channels;
  const auto at = static_cast<std::size_t>(channel);
  const auto partner = static_cast<std::size_t>(std::min(channel ^ 1, conv_.out_channels - 1));
  const auto next = static_cast<std::size_t>(std::min(channel + 1, conv_.out_channels - 1));
  OutputInputs inputs;
  inputs.accumulator = sums_[static_cast<std::size_t>(index)];
  inputs.bias = parameters_.bias[at];
  inputs.neighbour_bias = parameters_.bias[next];
  inputs.channel_shift = parameters_.shift[at];
  inputs.partner_shift = parameters_.shift[partner];
  inputs.stage = hw::output_stage_of(conv_);
  inputs.stage.multiplier = parameters_.multiplier[at];
  inputs.rounding = format_.rounding;
  inputs.output_bits = format_.activation_bits;
  inputs.accumulator_bits = format_.accumulator_bits;
  return inputs;
}

std::int64_t ConvGuess::sum(std::int64_t index, const std::vector<std::uint8_t>& activations,
                            const Term& term) const {
  const std::int64_t out_channel = index % conv_.out_channels;
  const std::int64_t pixel = index / conv_.out_channels;
  const std::int64_t columns = (conv_.out_width - 1) * conv_.stride_width + conv_.kernel_width;
  const std::int64_t taps = conv_.kernel_height * conv_.kernel_width;
  const std::int64_t first = conv_.depthwise != 0 ? out_channel : 0;
  const std::int64_t last = conv_.depthwise != 0 ? out_channel + 1 : conv_.in_channels;
  std::int64_t total = earlier_.empty() ? 0 : earlier_[static_cast<std::size_t>(index)];
  for (std::int64_t tap = 0; tap < taps; ++tap) {
    const std::int64_t row = pixel / conv_.out_width * conv_.stride_height + tap / conv_.kernel_width;
    const std::int64_t column = pixel % conv_.out_width * conv_.stride_width + tap % conv_.kernel_width;
    const std::int64_t at = (row * columns + column) * conv_.in_channels;
    for (std::int64_t channel = first; channel < last; ++channel) {
      const std::int64_t x =
          hw::load_activation(activations.data(), at + channel, format_.activation_bytes());
      const std::int64_t weight_at = conv_.depthwise != 0
                                         ? tap * conv_.out_channels + out_channel
                                         : (out_channel * taps + tap) * conv_.in_channels + channel;
      const std::int64_t w =
          hw::load_activation(weights_.data(), weight_at, format_.weight_bytes()) - conv_.weight_zero_point;
      total += term(tap, channel, x, w);
    }
  }
  return hw::wrap(total, format_.accumulator_bits);
}

}  // namespace npu::sim::golden
