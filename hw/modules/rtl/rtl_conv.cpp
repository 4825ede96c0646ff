#include "hw/modules/rtl/rtl_conv.h"

#include <algorithm>

#include "hw/isa/regions.h"
#include "hw/kernels/channel_parameters.h"
#include "hw/kernels/element_access.h"
#include "hw/kernels/padded_input.h"

namespace npu::hw {
namespace {

std::span<const std::uint8_t> part(std::span<const std::uint8_t> memory, std::int64_t begin,
                                   std::int64_t bytes) {
  return memory.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(bytes));
}

void compound_by_numerics(const Conv& conv, std::int64_t pc, const MachineFormat& format,
                          std::span<const std::int64_t> sums, std::span<const std::uint8_t> block,
                          PendingResult& result) {
  ChannelParameters parameters;
  read_channel_parameters(conv, pc, format, block.data(), parameters);
  OutputStage stage = output_stage_of(conv);
  result.bytes.resize(sums.size() * static_cast<std::size_t>(format.activation_bytes()));
  for (std::size_t index = 0; index < sums.size(); ++index) {
    const std::size_t channel = index % static_cast<std::size_t>(conv.out_channels);
    stage.multiplier = parameters.multiplier[channel];
    const StageResult output =
        apply_output_stage(Wide{sums[index]} + parameters.bias[channel], stage, parameters.shift[channel],
                           format.rounding, format.activation_bits);
    store_activation(result.bytes.data(), static_cast<std::int64_t>(index), output.value,
                     format.activation_bytes());
    result.saturated += output.saturated ? 1 : 0;
  }
}

}  // namespace

RtlConvRunner::RtlConvRunner(RtlUnits& units, const MachineFormat& format, bool array, bool compounding)
    : units_(units),
      format_(format),
      array_(array),
      compounding_(compounding),
      kernels_(format, best_kernel_path()) {}

std::vector<std::int64_t> RtlConvRunner::sums_by_kernels(const Instruction& instruction, std::int64_t pc,
                                                         const MemoryView& memory) {
  Instruction parked = instruction;
  auto& conv = std::get<Conv>(parked.body);
  const auto count = static_cast<std::size_t>(conv.out_height * conv.out_width * conv.out_channels);
  std::vector<std::int64_t> entries(count, 0);
  conv.first = 1;
  conv.last = 0;
  conv.acc_address = 0;
  PendingResult sums;
  kernels_.compute(parked, pc, {memory.dram, memory.weight_sram, memory.global_buffer, entries}, sums);
  return std::move(sums.accumulators);
}

Cycles RtlConvRunner::compute(const Instruction& instruction, std::int64_t pc, const MemoryView& memory,
                              PendingResult& result) {
  const Conv& conv = instruction.conv();
  result.bytes.clear();
  result.accumulators.clear();
  result.saturated = 0;
  Cycles cycles = 0;
  std::vector<std::int64_t> sums;
  if (array_) {
    const auto activations = padded_input(conv, format_, memory);
    RtlSums products =
        run_array(units_, {conv, activations,
                           part(memory.weight_sram, conv.weight_address, weight_block_bytes(conv, format_))});
    cycles += products.cycles;
    sums = std::move(products.sums);
  } else {
    sums = sums_by_kernels(instruction, pc, memory);
  }
  for (std::size_t index = 0; index < sums.size(); ++index) {
    const std::int64_t earlier =
        conv.first != 0 ? 0 : memory.accumulators[static_cast<std::size_t>(conv.acc_address) + index];
    sums[index] = wrap(sums[index] + earlier, format_.accumulator_bits);
  }
  if (conv.last == 0) {
    result.accumulators = std::move(sums);
    return cycles;
  }
  const auto block =
      part(memory.weight_sram, conv.parameter_address,
           parameter_block_bytes(conv.out_channels, format_, conv.per_channel_multiplier != 0));
  if (!compounding_) {
    compound_by_numerics(conv, pc, format_, sums, block, result);
    return cycles;
  }
  RtlOutputs outputs = run_compounding(units_, conv, format_, sums, block);
  result.bytes = std::move(outputs.bytes);
  result.saturated = outputs.saturated;
  return cycles + outputs.cycles;
}

}  // namespace npu::hw
