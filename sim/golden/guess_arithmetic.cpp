// Recomputes the instruction that made the first wrong element, right and with known faults, and compares
// with the dump.
#include <algorithm>

#include "hw/kernels/element_access.h"
#include "hw/kernels/vector_scalar.h"
#include "hw/numerics/elementwise.h"
#include "sim/golden/arithmetic_guess.h"

namespace npu::sim::golden {
namespace {

// From a record of its own, or the instruction's box of a tensor.
ArithmeticResults results_of(const DiagnosisInput& input, const StreamData& data) {
  ArithmeticResults results;
  const Stream& stream = *input.result.stream;
  const auto take = [&](std::int64_t element) {
    const std::int64_t index = data.index_of(element);
    if (index < 0) {
      results.expected.push_back(0);
      results.found.push_back(0);
      results.known.push_back(0);
      return;
    }
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

// Residual add and rescale: the same faults of the output step, and operands that are missing or exchanged.
void guess_add(const Step& step, const hw::MachineFormat& format, const ArithmeticResults& results,
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

void consider(const ArithmeticResults& results, const std::string& name,
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

void guess_arithmetic(const DiagnosisInput& input, const StreamData& data, std::vector<Guess>& guesses) {
  if (!input.check.program || input.first.pc < 0) return;
  const hw::Program& program = *input.check.program;
  const Content content = input.result.stream->content;
  const bool transfer =
      content == Content::kWeights || content == Content::kActivations || content == Content::kStored;
  const auto values = network_input(input);
  if (transfer || values.empty()) return;
  const ArithmeticResults results = results_of(input, data);
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
