// The output step in lanes: groups of neighbouring elements enter cycle by cycle, results come in order.
#include <algorithm>

#include "hw/common/error.h"
#include "hw/kernels/channel_parameters.h"
#include "hw/modules/rtl/rtl_driver.h"

namespace npu::hw {
namespace {

constexpr Cycles kGiveUpCycles = 64;  ///< without a result: the pipeline has a handful of stages

// Pushes `groups` groups through: `feed(group)` makes the pins of one cycle, `idle` those of a cycle without
// work.
template <class Pins, class Feed, class Cycle>
RtlOutputs pipeline(std::int64_t groups, std::int64_t outputs, std::int64_t lanes, const Pins& idle,
                    const Feed& feed, const Cycle& cycle) {
  RtlOutputs result;
  std::int64_t received = 0;
  Cycles silent = 0;
  for (std::int64_t step = 0; received < groups; ++step) {
    const LanesResult out = cycle(step < groups ? feed(step) : idle);
    ++result.cycles;
    silent = out.valid ? 0 : silent + 1;
    if (silent > kGiveUpCycles)
      throw SimulationError("rtl units", result.cycles, "the lanes give no more results");
    if (!out.valid) continue;
    const std::int64_t here = std::min(lanes, outputs - received * lanes);
    for (std::int64_t lane = 0; lane < here; ++lane) {
      result.bytes.push_back(static_cast<std::uint8_t>(out.values[static_cast<std::size_t>(lane)]));
    }
    result.saturated += out.saturated;
    ++received;
  }
  return result;
}

template <class Body>
StagePins stage_pins(const Body& body, Rounding rounding) {
  StagePins stage;
  stage.shift = static_cast<int>(body.shift);
  stage.zero_point = static_cast<std::int32_t>(body.out_zero_point);
  stage.low = static_cast<std::int32_t>(body.low);
  stage.high = static_cast<std::int32_t>(body.high);
  stage.rounding = rounding;
  return stage;
}

}  // namespace

RtlOutputs run_compounding(RtlUnits& units, const Conv& conv, const MachineFormat& format,
                           std::span<const std::int64_t> sums, std::span<const std::uint8_t> parameters) {
  ChannelParameters values;
  read_channel_parameters(conv, -1, format, parameters.data(), values);
  const bool whole = conv.per_channel_multiplier != 0 || format.shift_bits > 4;
  const std::int64_t shift_bytes = whole ? conv.out_channels : ceil_div(conv.out_channels, 2);
  const auto shifts = parameters.last(static_cast<std::size_t>(shift_bytes));
  const auto lanes = static_cast<std::int64_t>(rtl_shape().lanes);
  CompoundingPins idle;
  idle.stage = stage_pins(conv, format.rounding);
  idle.stage.leaky = conv.leaky != 0;
  idle.stage.negative_multiplier = static_cast<std::uint32_t>(conv.negative_multiplier);
  idle.stage.negative_shift = static_cast<int>(conv.negative_shift);
  idle.shift_whole = whole;
  const auto count = static_cast<std::size_t>(lanes);
  idle.accumulators.assign(count, 0);
  idle.biases.assign(count, 0);
  idle.shift_pairs.assign(count, 0);
  idle.shift_high.assign(count, false);
  idle.multipliers.assign(count, 0);
  const auto feed = [&](std::int64_t group) {
    CompoundingPins pins = idle;
    pins.valid = true;
    for (std::int64_t lane = 0; lane < std::min(lanes, std::ssize(sums) - group * lanes); ++lane) {
      const auto at = static_cast<std::size_t>(lane);
      const std::int64_t element = group * lanes + lane;
      const auto channel = static_cast<std::size_t>(element % conv.out_channels);
      pins.accumulators[at] = sums[static_cast<std::size_t>(element)];
      pins.biases[at] = values.bias[channel];
      pins.multipliers[at] = values.multiplier[channel];
      pins.shift_pairs[at] = shifts[whole ? channel : channel / 2];
      pins.shift_high[at] = !whole && channel % 2 == 1;
    }
    return pins;
  };
  return pipeline(ceil_div(std::ssize(sums), lanes), std::ssize(sums), lanes, idle, feed,
                  [&](const CompoundingPins& pins) { return units.compounding_cycle(pins); });
}

RtlOutputs run_add(RtlUnits& units, const Vector& vector, Rounding rounding, std::span<const std::uint8_t> a,
                   std::span<const std::uint8_t> b) {
  const auto lanes = static_cast<std::int64_t>(rtl_shape().lanes);
  AddPins idle;
  idle.stage = stage_pins(vector, rounding);
  idle.a_zero_point = static_cast<std::int32_t>(vector.a_zero_point);
  idle.b_zero_point = static_cast<std::int32_t>(vector.b_zero_point);
  idle.a_multiplier = static_cast<std::uint32_t>(vector.a_multiplier);
  idle.b_multiplier = b.empty() ? 0 : static_cast<std::uint32_t>(vector.b_multiplier);
  idle.a.assign(static_cast<std::size_t>(lanes), 0);
  idle.b.assign(static_cast<std::size_t>(lanes), 0);
  const auto feed = [&](std::int64_t group) {
    AddPins pins = idle;
    pins.valid = true;
    for (std::int64_t lane = 0; lane < std::min(lanes, std::ssize(a) - group * lanes); ++lane) {
      const auto at = static_cast<std::size_t>(group * lanes + lane);
      pins.a[static_cast<std::size_t>(lane)] = static_cast<std::int8_t>(a[at]);
      if (!b.empty()) pins.b[static_cast<std::size_t>(lane)] = static_cast<std::int8_t>(b[at]);
    }
    return pins;
  };
  return pipeline(ceil_div(std::ssize(a), lanes), std::ssize(a), lanes, idle, feed,
                  [&](const AddPins& pins) { return units.add_cycle(pins); });
}

}  // namespace npu::hw
