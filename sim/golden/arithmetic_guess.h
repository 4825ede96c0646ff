// Comparing an instruction's wrong results with what it would give with a known fault.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "hw/kernels/channel_parameters.h"
#include "sim/golden/diagnosis.h"
#include "sim/golden/output_faults.h"
#include "sim/golden/replay.h"

namespace npu::sim::golden {

/// The instruction's results, right and found, element by element.
struct ArithmeticResults {
  std::vector<std::int64_t> expected;
  std::vector<std::int64_t> found;
  std::vector<std::uint8_t> known;
};

/// A guess with the share of the wrong elements that `value` gives, less what it says wrongly of right ones.
void consider(const ArithmeticResults& results, const std::string& name,
              const std::function<std::int64_t(std::int64_t)>& value, std::vector<Guess>& guesses);

/// Of a CONV: its sums come from the kernels; sums of wrongly read operands are computed in plain loops,
/// where that is little work.
class ConvGuess {
 public:
  /// `step.accumulators`: the right sums.
  ConvGuess(const Step& step, const hw::MachineFormat& format);

  /// Faults of the output stage, and of the operands behind a right one.
  void outputs(const ArithmeticResults& results, std::vector<Guess>& guesses) const;
  void sums(const ArithmeticResults& results, std::vector<Guess>& guesses) const;

 private:
  struct SumFault {
    std::string name;
    std::function<std::int64_t(std::int64_t index)> sum;
  };
  std::vector<SumFault> sum_faults() const;
  void add_operand_faults(std::vector<SumFault>& faults) const;
  void add_padding_faults(std::vector<SumFault>& faults) const;
  OutputInputs inputs(std::int64_t index) const;

  /// A product of tap, input channel, activation and weight.
  using Term = std::function<std::int64_t(std::int64_t, std::int64_t, std::int64_t, std::int64_t)>;
  std::int64_t sum(std::int64_t index, const std::vector<std::uint8_t>& activations, const Term& term) const;

  hw::Conv conv_;
  hw::MachineFormat format_;
  hw::ChannelParameters parameters_;
  std::vector<std::int64_t> sums_, earlier_;
  std::vector<std::uint8_t> activations_, zero_padded_, negative_padded_, weights_;
};

}  // namespace npu::sim::golden
