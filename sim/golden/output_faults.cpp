#include "sim/golden/output_faults.h"

namespace npu::sim::golden {
namespace {

using hw::OutputStage;
using hw::Rounding;
using hw::Wide;

std::int64_t staged(const OutputInputs& inputs, Wide sum, const OutputStage& stage, int shift,
                    Rounding rule) {
  return hw::apply_output_stage(sum, stage, shift, rule, inputs.output_bits).value;
}

Wide sum_of(const OutputInputs& inputs) { return Wide{inputs.accumulator} + inputs.bias; }

template <Rounding kRule>
std::int64_t with_rule(const OutputInputs& inputs) {
  return staged(inputs, sum_of(inputs), inputs.stage, inputs.channel_shift, kRule);
}

// The stage with one of its constants changed.
template <class Change>
std::int64_t with_stage(const OutputInputs& inputs, const Change& change) {
  OutputStage stage = inputs.stage;
  change(stage);
  return staged(inputs, sum_of(inputs), stage, inputs.channel_shift, inputs.rounding);
}

std::int64_t with_shift(const OutputInputs& inputs, int shift) {
  const int total = inputs.stage.shift + shift;
  if (total < 0 || total > hw::kMaxShift) return right_output(inputs);
  return staged(inputs, sum_of(inputs), inputs.stage, shift, inputs.rounding);
}

std::int64_t with_sum(const OutputInputs& inputs, Wide sum) {
  return staged(inputs, sum, inputs.stage, inputs.channel_shift, inputs.rounding);
}

std::int64_t wrapped(const OutputInputs& inputs) {
  OutputStage open = inputs.stage;
  open.low = hw::min_of_bits(31);
  open.high = hw::max_of_bits(31);
  return hw::wrap(staged(inputs, sum_of(inputs), open, inputs.channel_shift, inputs.rounding),
                  inputs.output_bits);
}

// Of rounding, bias and shift.
std::vector<OutputFault> rounding_bias_and_shift_faults() {
  return {
      {"rounding constant missing, or rounding rule floor", with_rule<Rounding::kFloor>},
      {"rounding rule half_up", with_rule<Rounding::kHalfUp>},
      {"rounding rule half_away", with_rule<Rounding::kHalfAway>},
      {"rounding rule half_even", with_rule<Rounding::kHalfEven>},
      {"rounding rule toward_zero", with_rule<Rounding::kTowardZero>},
      {"rounding rule gemmlowp", with_rule<Rounding::kGemmlowp>},
      {"bias not added", [](const OutputInputs& in) { return with_sum(in, in.accumulator); }},
      {"bias subtracted",
       [](const OutputInputs& in) { return with_sum(in, Wide{in.accumulator} - in.bias); }},
      {"bias of the next channel",
       [](const OutputInputs& in) { return with_sum(in, Wide{in.accumulator} + in.neighbour_bias); }},
      {"channel shift e_c not applied", [](const OutputInputs& in) { return with_shift(in, 0); }},
      {"wrong shift: the nibbles of a channel pair swapped",
       [](const OutputInputs& in) { return with_shift(in, in.partner_shift); }},
      {"wrong shift: one too few",
       [](const OutputInputs& in) { return with_shift(in, in.channel_shift - 1); }},
      {"wrong shift: one too many",
       [](const OutputInputs& in) { return with_shift(in, in.channel_shift + 1); }},
  };
}

// Of zero point and clamp.
std::vector<OutputFault> zero_point_and_clamp_faults() {
  return {
      {"output zero point not added",
       [](const OutputInputs& in) {
         return with_stage(in, [](OutputStage& stage) { stage.zero_point = 0; });
       }},
      {"output zero point subtracted",
       [](const OutputInputs& in) {
         return with_stage(in, [](OutputStage& stage) { stage.zero_point = -stage.zero_point; });
       }},
      {"no saturation: the result wraps", wrapped},
      {"upper clamp one too low",
       [](const OutputInputs& in) { return with_stage(in, [](OutputStage& stage) { --stage.high; }); }},
      {"upper clamp one too high",
       [](const OutputInputs& in) {
         return hw::wrap(with_stage(in, [](OutputStage& stage) { ++stage.high; }), in.output_bits);
       }},
      {"lower clamp one too high",
       [](const OutputInputs& in) { return with_stage(in, [](OutputStage& stage) { ++stage.low; }); }},
      {"lower clamp one too low",
       [](const OutputInputs& in) {
         return hw::wrap(with_stage(in, [](OutputStage& stage) { --stage.low; }), in.output_bits);
       }},
      {"activation's clamp missing: only the type's limits act",
       [](const OutputInputs& in) {
         return with_stage(in, [&](OutputStage& stage) {
           stage.low = hw::min_of_bits(in.output_bits);
           stage.high = hw::max_of_bits(in.output_bits);
         });
       }},
  };
}

// Of number formats and multipliers.
std::vector<OutputFault> width_faults() {
  return {
      {"sum sign-extended from 16 bits",
       [](const OutputInputs& in) {
         return with_sum(in, hw::wrap(static_cast<std::int64_t>(sum_of(in)), 16));
       }},
      {"accumulator taken as unsigned",
       [](const OutputInputs& in) {
         const Wide range = Wide{1} << in.accumulator_bits;
         return with_sum(in, (in.accumulator < 0 ? in.accumulator + range : Wide{in.accumulator}) + in.bias);
       }},
      {"logical instead of arithmetic shift: negative results saturate high",
       [](const OutputInputs& in) {
         return sum_of(in) < 0 ? std::int64_t{in.stage.high} : right_output(in);
       }},
      {"multiplier taken as signed 16 bits",
       [](const OutputInputs& in) {
         const auto multiplier = hw::wrap(in.stage.multiplier, 16);
         OutputStage unit = in.stage;
         unit.multiplier = 1;
         return staged(in, sum_of(in) * multiplier, unit, in.channel_shift, in.rounding);
       }},
      {"LeakyReLU's second multiplier not used",
       [](const OutputInputs& in) {
         return with_stage(in, [](OutputStage& stage) { stage.leaky = false; });
       }},
      {"product cut to 32 bits",
       [](const OutputInputs& in) {
         OutputStage unit = in.stage;
         unit.multiplier = 1;
         unit.leaky = false;
         return staged(in, hw::wrap(static_cast<std::int64_t>(sum_of(in) * in.stage.multiplier), 32), unit,
                       in.channel_shift, in.rounding);
       }},
  };
}

}  // namespace

std::int64_t right_output(const OutputInputs& inputs) {
  return staged(inputs, sum_of(inputs), inputs.stage, inputs.channel_shift, inputs.rounding);
}

const std::vector<OutputFault>& output_faults() {
  static const std::vector<OutputFault> kFaults = [] {
    auto faults = rounding_bias_and_shift_faults();
    for (const auto& more : {zero_point_and_clamp_faults(), width_faults()})
      faults.insert(faults.end(), more.begin(), more.end());
    return faults;
  }();
  return kFaults;
}

}  // namespace npu::sim::golden
