// Recomputes the instruction that made the first wrong element, right and with known faults, and compares
// with the dump. Of a CONV the sums come from the kernels, so that only the output stage is varied; wrong
// sums are compared with sums of wrongly read operands in plain loops.
#include <fmt/core.h>

#include <algorithm>
#include <functional>

#include "hw/isa/regions.h"
#include "hw/kernels/channel_parameters.h"
#include "hw/kernels/element_access.h"
#include "hw/kernels/padded_input.h"
#include "hw/kernels/vector_scalar.h"
#include "hw/numerics/elementwise.h"
#include "sim/golden/diagnosis.h"
#include "sim/golden/output_faults.h"
#include "sim/golden/replay.h"

namespace npu::sim::golden {
namespace {

using hw::Conv;

constexpr std::int64_t kMaxProducts = 20'000'000;

/// The instruction's results, right and found, element by element.
struct Results {
  std::vector<std::int64_t> expected;
  std::vector<std::int64_t> found;
  std::vector<std::uint8_t> known;
};

// From a record of its own, or the instruction's box of a tensor.
Results results_of(const DiagnosisInput& input, const StreamData& data) {
  Results results;
  const Stream& stream = *input.result.stream;
  const auto take = [&](std::int64_t index) {
    const auto at = static_cast<std::size_t>(index);
    results.expected.push_back(data.expected[at]);
    results.found.push_back(data.found[at]);
    results.known.push_back(data.known[at]);
  };
  if (stream.content != Content::kLayerOutput && stream.content != Content::kNetworkOutput) {
    const auto record = static_cast<std::size_t>(input.first.difference.record);
    for (std::int64_t element = 0; element < stream.records[record].elements; ++element)
      take(data.starts[record] + element);
    return results;
  }
  const auto box = input.locator.tiles()->box_of(input.first.pc);
  if (!box) return results;
  const Coordinates extents = input.locator.extents_of(stream);
  for (std::int64_t index = 0; index < box->rows * box->columns * box->channels; ++index) {
    const Coordinates at = box->at(index);
    take((at.row * extents.column + at.column) * extents.channel + at.channel);
  }
  return results;
}

// Share of the wrong elements that `value` explains; nothing where it contradicts right ones.
void consider(const Results& results, const std::string& name,
              const std::function<std::int64_t(std::int64_t)>& value, std::vector<Guess>& guesses) {
  std::int64_t wrong = 0, explained = 0, contradicted = 0;
  for (std::int64_t index = 0; index < std::ssize(results.found); ++index) {
    const auto at = static_cast<std::size_t>(index);
    if (results.known[at] == 0) continue;
    const bool differs = results.found[at] != results.expected[at];
    const bool same = value(index) == results.found[at];
    wrong += differs ? 1 : 0;
    explained += differs && same ? 1 : 0;
    contradicted += !differs && !same ? 1 : 0;
  }
  if (explained == 0) return;
  // Named faults go before patterns that explain as much.
  const double contradiction = static_cast<double>(contradicted) / static_cast<double>(results.found.size());
  guesses.push_back(
      {name, static_cast<double>(explained) / static_cast<double>(wrong) - contradiction + 1e-6});
}

class ConvGuess {
 public:
  ConvGuess(const Step& step, const hw::MachineFormat& format)
      : conv_(step.instruction->conv()), format_(format) {
    sums_.assign(step.accumulators.begin(), step.accumulators.end());
    const auto& weights = step.before->weight_sram;
    if (conv_.last != 0) {
      hw::read_channel_parameters(conv_, step.pc, format, weights.data() + conv_.parameter_address,
                                  parameters_);
    }
    activations_ = hw::padded_input(conv_, format, *step.before);
    const auto first = weights.begin() + conv_.weight_address;
    weights_.assign(first, first + hw::weight_block_bytes(conv_, format));
    if (conv_.first == 0) {
      const auto begin = step.before->accumulators.begin() + conv_.acc_address;
      earlier_.assign(begin, begin + std::ssize(sums_));
    }
  }

  void outputs(const Results& results, std::vector<Guess>& guesses) const {
    for (const auto& fault : output_faults()) {
      consider(
          results, fault.name, [&](std::int64_t index) { return fault.value(inputs(index)); }, guesses);
    }
    consider(
        results, "one result late: each output is the one before it",
        [&](std::int64_t index) { return right_output(inputs(std::max<std::int64_t>(index - 1, 0))); },
        guesses);
  }

  void sums(const Results& results, std::vector<Guess>& guesses) const {
    if (!earlier_.empty()) {
      consider(
          results, "earlier partial sums not added",
          [&](std::int64_t index) {
            const auto at = static_cast<std::size_t>(index);
            return hw::wrap(sums_[at] - earlier_[at], format_.accumulator_bits);
          },
          guesses);
    }
    consider(
        results, "sum sign-extended from 16 bits",
        [&](std::int64_t index) { return hw::wrap(sums_[static_cast<std::size_t>(index)], 16); }, guesses);
    const std::int64_t taps = conv_.kernel_height * conv_.kernel_width;
    const std::int64_t terms = taps * (conv_.depthwise != 0 ? 1 : conv_.in_channels);
    if (terms * std::ssize(sums_) > kMaxProducts) return;
    const auto unsigned_of = [](std::int64_t value, int bytes) {
      return value < 0 ? value + (std::int64_t{1} << (8 * bytes)) : value;
    };
    using Term =
        std::function<std::int64_t(std::int64_t tap, std::int64_t channel, std::int64_t x, std::int64_t w)>;
    const auto term = [&](const char* name, const Term& product) {
      consider(
          results, name, [&](std::int64_t index) { return sum(index, product); }, guesses);
    };
    term("activations taken as unsigned",
         [&](auto, auto, auto x, auto w) { return unsigned_of(x, format_.activation_bytes()) * w; });
    term("weights taken as unsigned",
         [&](auto, auto, auto x, auto w) { return x * unsigned_of(w, format_.weight_bytes()); });
    term("the last tap is missing",
         [&](auto tap, auto, auto x, auto w) { return tap == taps - 1 ? 0 : x * w; });
    term("the first tap is missing", [&](auto tap, auto, auto x, auto w) { return tap == 0 ? 0 : x * w; });
    term("the last input channel is missing",
         [&](auto, auto channel, auto x, auto w) { return channel == conv_.in_channels - 1 ? 0 : x * w; });
    term("the first input channel is missing",
         [&](auto, auto channel, auto x, auto w) { return channel == 0 ? 0 : x * w; });
  }

 private:
  OutputInputs inputs(std::int64_t index) const {
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

  template <class Term>
  std::int64_t sum(std::int64_t index, const Term& product) const {
    const std::int64_t out_channel = index % conv_.out_channels;
    const std::int64_t pixel = index / conv_.out_channels;
    const std::int64_t columns = (conv_.out_width - 1) * conv_.stride_width + conv_.kernel_width;
    std::int64_t total = earlier_.empty() ? 0 : earlier_[static_cast<std::size_t>(index)];
    for (std::int64_t tap = 0; tap < conv_.kernel_height * conv_.kernel_width; ++tap) {
      const std::int64_t row = pixel / conv_.out_width * conv_.stride_height + tap / conv_.kernel_width;
      const std::int64_t column = pixel % conv_.out_width * conv_.stride_width + tap % conv_.kernel_width;
      const std::int64_t at = (row * columns + column) * conv_.in_channels;
      const std::int64_t first = conv_.depthwise != 0 ? out_channel : 0;
      const std::int64_t last = conv_.depthwise != 0 ? out_channel + 1 : conv_.in_channels;
      for (std::int64_t channel = first; channel < last; ++channel) {
        const std::int64_t x =
            hw::load_activation(activations_.data(), at + channel, format_.activation_bytes());
        const std::int64_t taps = conv_.kernel_height * conv_.kernel_width;
        const std::int64_t weight_at = conv_.depthwise != 0
                                           ? tap * conv_.out_channels + out_channel
                                           : (out_channel * taps + tap) * conv_.in_channels + channel;
        const std::int64_t w =
            hw::load_activation(weights_.data(), weight_at, format_.weight_bytes()) - conv_.weight_zero_point;
        total += product(tap, channel, x, w);
      }
    }
    return hw::wrap(total, format_.accumulator_bits);
  }

  Conv conv_;
  hw::MachineFormat format_;
  hw::ChannelParameters parameters_;
  std::vector<std::int64_t> sums_, earlier_;
  std::vector<std::uint8_t> activations_, weights_;
};

// Residual add and rescale: the same faults of the output step, and operands that are missing or exchanged.
void guess_add(const Step& step, const hw::MachineFormat& format, const Results& results,
               std::vector<Guess>& guesses) {
  const hw::Vector& vector = step.instruction->vector();
  const auto operation = static_cast<hw::VectorOp>(vector.operation);
  if (operation != hw::VectorOp::kAdd && operation != hw::VectorOp::kRescale) return;
  const auto operand = [&](const hw::InputTile& tile, std::int64_t index) {
    const std::int64_t pixel = index / vector.channels;
    return hw::load_activation(tile.pixel(pixel / vector.out_width, pixel % vector.out_width),
                               index % vector.channels, format.activation_bytes());
  };
  struct Parts {
    hw::Wide a, b, a_plain, b_plain, exchanged;
  };
  std::vector<Parts> parts;
  const bool two = operation == hw::VectorOp::kAdd;
  for (std::int64_t index = 0; index < std::ssize(results.found); ++index) {
    const hw::Wide a = operand(hw::operand_a(vector, *step.before), index);
    const hw::Wide b = two ? operand(hw::operand_b(vector, *step.before), index) : 0;
    const hw::Wide mb = two ? vector.b_multiplier : 0;
    parts.push_back({(a - vector.a_zero_point) * vector.a_multiplier, (b - vector.b_zero_point) * mb,
                     a * vector.a_multiplier, b * mb,
                     (a - vector.a_zero_point) * mb + (b - vector.b_zero_point) * vector.a_multiplier});
  }
  OutputInputs inputs;
  inputs.stage = hw::output_stage_of(vector);
  inputs.stage.multiplier = 1;
  inputs.rounding = format.rounding;
  inputs.output_bits = format.activation_bits;
  inputs.accumulator_bits = 48;
  const auto with = [&](const char* name, const std::function<hw::Wide(const Parts&)>& sum) {
    consider(
        results, name,
        [&](std::int64_t index) {
          inputs.accumulator = static_cast<std::int64_t>(sum(parts[static_cast<std::size_t>(index)]));
          return right_output(inputs);
        },
        guesses);
  };
  for (const auto& fault : output_faults()) {
    consider(
        results, fault.name,
        [&](std::int64_t index) {
          const Parts& part = parts[static_cast<std::size_t>(index)];
          inputs.accumulator = static_cast<std::int64_t>(part.a + part.b);
          return fault.value(inputs);
        },
        guesses);
  }
  with("operand b missing", [](const Parts& part) { return part.a; });
  with("operand a missing", [](const Parts& part) { return part.b; });
  with("zero point of a not subtracted", [](const Parts& part) { return part.a_plain + part.b; });
  with("zero point of b not subtracted", [](const Parts& part) { return part.a + part.b_plain; });
  with("multipliers of a and b exchanged", [](const Parts& part) { return part.exchanged; });
}

std::vector<std::int32_t> network_input(const DiagnosisInput& input) {
  const Stream* stream = input.check.manifest.find("memory/input");
  if (stream == nullptr) return {};
  const auto values = read_values(*stream, input.check.folder);
  return {values.begin(), values.end()};
}

}  // namespace

void guess_arithmetic(const DiagnosisInput& input, const StreamData& data, std::vector<Guess>& guesses) {
  if (!input.check.program || input.first.pc < 0) return;
  const hw::Program& program = *input.check.program;
  const Content content = input.result.stream->content;
  const bool transfer =
      content == Content::kWeights || content == Content::kActivations || content == Content::kStored;
  const auto values = network_input(input);
  if (transfer || values.empty()) return;
  const Results results = results_of(input, data);
  Replay replay(program);
  replay.run(values, false, [&](const Step& step) {
    if (step.pc != input.first.pc) return true;
    if (step.instruction->opcode == hw::Opcode::kVector) {
      guess_add(step, program.format, results, guesses);
      return false;
    }
    Step with_sums = step;
    const auto sums = replay.sums_of(*step.instruction, step.pc);
    with_sums.accumulators = sums;
    const ConvGuess conv(with_sums, program.format);
    if (content == Content::kAccumulators)
      conv.sums(results, guesses);
    else
      conv.outputs(results, guesses);
    return false;
  });
}

}  // namespace npu::sim::golden
