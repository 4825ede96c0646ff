#include "sim/golden/layer_streams.h"

#include <array>

#include "hw/isa/regions.h"
#include "hw/kernels/channel_parameters.h"
#include "hw/kernels/conv_operands.h"
#include "hw/kernels/padded_input.h"
#include "hw/kernels/vector_scalar.h"
#include "sim/engines/common/tensor_io.h"

namespace npu::sim::golden {
namespace {

using hw::Conv;
using hw::Opcode;
using hw::Vector;

constexpr int kConfigBytes = 4;

std::span<const std::uint8_t> weight_block(const Conv& conv, const hw::MachineFormat& format,
                                           const hw::MemoryView& memory) {
  return std::span<const std::uint8_t>(memory.weight_sram)
      .subspan(static_cast<std::size_t>(conv.weight_address),
               static_cast<std::size_t>(hw::weight_block_bytes(conv, format)));
}

std::span<const std::uint8_t> parameter_block(const Conv& conv, const hw::MachineFormat& format,
                                              const hw::MemoryView& memory) {
  return std::span<const std::uint8_t>(memory.weight_sram)
      .subspan(static_cast<std::size_t>(conv.parameter_address),
               static_cast<std::size_t>(
                   hw::parameter_block_bytes(conv.out_channels, format, conv.per_channel_multiplier != 0)));
}

// A tile of the global buffer without gaps.
std::vector<std::uint8_t> dense(const hw::InputTile& tile, std::int64_t rows, std::int64_t columns,
                                std::int64_t pixel_bytes) {
  std::vector<std::uint8_t> bytes;
  for (std::int64_t row = 0; row < rows; ++row) {
    for (std::int64_t column = 0; column < columns; ++column) {
      const std::uint8_t* pixel = tile.pixel(row, column);
      bytes.insert(bytes.end(), pixel, pixel + pixel_bytes);
    }
  }
  return bytes;
}

}  // namespace

std::vector<std::uint8_t> little_endian(std::span<const std::int64_t> values, int element_bytes) {
  std::vector<std::uint8_t> bytes;
  bytes.reserve(values.size() * static_cast<std::size_t>(element_bytes));
  for (const std::int64_t value : values) {
    for (int byte = 0; byte < element_bytes; ++byte) {
      bytes.push_back(static_cast<std::uint8_t>(static_cast<std::uint64_t>(value) >> (8 * byte)));
    }
  }
  return bytes;
}

LayerStreams::LayerStreams(const hw::Program& program, std::int64_t layer, const ExportOptions& options,
                           const std::filesystem::path& folder)
    : program_(program), layer_(layer), options_(options), folder_(folder) {}

void LayerStreams::append(const Kind& kind, std::int64_t pc, std::span<const std::uint8_t> payload) {
  if (payload.empty()) return;
  auto found = writers_.find(kind.name);
  if (found == writers_.end()) {
    Stream stream;
    stream.name = layer_folder(program_, layer_) + "/" + kind.name;
    stream.content = kind.content;
    stream.expected = kind.expected;
    stream.layer = layer_;
    stream.element_bytes = kind.element_bytes;
    stream.is_signed = kind.is_signed;
    stream.words = options_.words;
    if (kind.content == Content::kLayerOutput)
      stream.tensor = program_.layers[static_cast<std::size_t>(layer_)].output;
    found = writers_.emplace(kind.name, StreamWriter(folder_, stream, options_.binary, options_.hex)).first;
  }
  found->second.append(pc, payload);
  payload_bytes_[kind.name] +=
      round_up(std::ssize(payload), record_alignment(options_.words, kind.element_bytes));
}

std::int64_t LayerStreams::next_offset(const char* name) const {
  const auto found = payload_bytes_.find(name);
  return found == payload_bytes_.end() ? 0 : found->second;
}

// Each block once, in the order of first use.
void LayerStreams::add_constants(const Step& step) {
  const Conv& conv = step.instruction->conv();
  const auto& format = program_.format;
  const auto weights = weight_block(conv, format, *step.before);
  if (seen_blocks_.insert("w" + sha256_hex(weights)).second) {
    append({"weights", Content::kMemory, false, format.weight_bytes(), true}, step.pc, weights);
  }
  if (conv.last == 0) return;
  const auto parameters = parameter_block(conv, format, *step.before);
  if (!seen_blocks_.insert("p" + sha256_hex(parameters)).second) return;
  const auto bias_bytes = static_cast<std::size_t>(conv.out_channels * format.accumulator_bytes());
  append({"biases", Content::kMemory, false, format.accumulator_bytes(), true}, step.pc,
         parameters.first(bias_bytes));
  auto rest = parameters.subspan(bias_bytes);
  if (conv.per_channel_multiplier != 0) {
    const auto bytes = static_cast<std::size_t>(conv.out_channels * 4);
    append({"multipliers", Content::kMemory, false, 4, false}, step.pc, rest.first(bytes));
    rest = rest.subspan(bytes);
  }
  append({"shifts", Content::kMemory, false, 1, false}, step.pc, rest);
}

void LayerStreams::add_conv_operands(const Step& step) {
  const Conv& conv = step.instruction->conv();
  const auto& format = program_.format;
  const std::array<std::int64_t, kConfigWords> config{
      step.pc,
      (conv.out_height - 1) * conv.stride_height + conv.kernel_height,
      (conv.out_width - 1) * conv.stride_width + conv.kernel_width,
      conv.in_channels,
      conv.out_height,
      conv.out_width,
      conv.out_channels,
      conv.kernel_height,
      conv.kernel_width,
      conv.stride_height,
      conv.stride_width,
      conv.depthwise,
      conv.dataflow,
      conv.first,
      conv.last,
      conv.leaky,
      conv.multiplier,
      conv.shift,
      conv.negative_multiplier,
      conv.negative_shift,
      conv.in_zero_point,
      conv.out_zero_point,
      conv.low,
      conv.high,
      conv.weight_zero_point,
      static_cast<std::int64_t>(format.rounding),
      conv.per_channel_multiplier,
      next_offset("operand_activations"),
      next_offset("operand_weights"),
      next_offset("operand_biases"),
      next_offset("operand_shifts"),
      next_offset("operand_partial_sums")};
  append({"operand_conv_config", Content::kOperand, false, kConfigBytes, false}, step.pc,
         little_endian(config, kConfigBytes));
  append({"operand_activations", Content::kOperand, false, format.activation_bytes(), true}, step.pc,
         hw::padded_input(conv, format, *step.before));
  append({"operand_weights", Content::kOperand, false, format.weight_bytes(), true}, step.pc,
         weight_block(conv, format, *step.before));
  if (conv.first == 0) {
    const auto sums =
        std::span<const std::int64_t>(step.before->accumulators)
            .subspan(static_cast<std::size_t>(conv.acc_address),
                     static_cast<std::size_t>(conv.out_height * conv.out_width * conv.out_channels));
    append({"operand_partial_sums", Content::kOperand, false, format.accumulator_bytes(), true}, step.pc,
           little_endian(sums, format.accumulator_bytes()));
  }
  if (conv.last == 0) return;
  hw::ChannelParameters parameters;
  hw::read_channel_parameters(conv, step.pc, format, parameter_block(conv, format, *step.before).data(),
                              parameters);
  append({"operand_biases", Content::kOperand, false, format.accumulator_bytes(), true}, step.pc,
         little_endian(parameters.bias, format.accumulator_bytes()));
  const std::vector<std::int64_t> shifts(parameters.shift.begin(), parameters.shift.end());
  append({"operand_shifts", Content::kOperand, false, 1, false}, step.pc, little_endian(shifts, 1));
}

void LayerStreams::add_vector_operands(const Step& step) {
  const Vector& vector = step.instruction->vector();
  const auto& format = program_.format;
  const std::array<std::int64_t, kConfigWords> config{step.pc,
                                                      vector.operation,
                                                      vector.in_height,
                                                      vector.in_width,
                                                      vector.out_height,
                                                      vector.out_width,
                                                      vector.channels,
                                                      vector.kernel_height,
                                                      vector.kernel_width,
                                                      vector.stride_height,
                                                      vector.stride_width,
                                                      vector.pad_top,
                                                      vector.pad_left,
                                                      vector.a_multiplier,
                                                      vector.b_multiplier,
                                                      vector.shift,
                                                      vector.a_zero_point,
                                                      vector.b_zero_point,
                                                      vector.out_zero_point,
                                                      vector.low,
                                                      vector.high,
                                                      vector.use_table,
                                                      static_cast<std::int64_t>(format.rounding),
                                                      next_offset("operand_a"),
                                                      next_offset("operand_b")};
  append({"operand_vector_config", Content::kOperand, false, kConfigBytes, false}, step.pc,
         little_endian(config, kConfigBytes));
  const std::int64_t pixel_bytes = vector.channels * format.activation_bytes();
  const auto operation = static_cast<hw::VectorOp>(vector.operation);
  const bool pool = operation == hw::VectorOp::kMaxPool || operation == hw::VectorOp::kAveragePool;
  const std::int64_t rows = pool ? vector.in_height : vector.out_height;
  const std::int64_t columns = pool ? vector.in_width : vector.out_width;
  append({"operand_a", Content::kOperand, false, format.activation_bytes(), true}, step.pc,
         dense(hw::operand_a(vector, *step.before), rows, columns, pixel_bytes));
  if (operation == hw::VectorOp::kAdd) {
    append({"operand_b", Content::kOperand, false, format.activation_bytes(), true}, step.pc,
           dense(hw::operand_b(vector, *step.before), rows, columns, pixel_bytes));
  }
}

void LayerStreams::add_results(const Step& step) {
  const auto& format = program_.format;
  const int activation = format.activation_bytes();
  const bool conv = step.instruction->opcode == Opcode::kConv;
  if (conv && (options_.level == Level::kUnit || step.instruction->conv().last == 0)) {
    append({"accumulators", Content::kAccumulators, true, format.accumulator_bytes(), true}, step.pc,
           little_endian(step.accumulators, format.accumulator_bytes()));
  }
  switch (step.instruction->opcode) {
    case Opcode::kLoadWeights:
      return append({"tile_weights", Content::kWeights, true, 1, false}, step.pc, step.written);
    case Opcode::kLoadActivations:
      return append({"tile_activations", Content::kActivations, true, activation, true}, step.pc,
                    step.written);
    case Opcode::kStore:
      return append({"tile_stored", Content::kStored, true, activation, true}, step.pc, step.written);
    case Opcode::kConv:
      return append({"tile_conv_output", Content::kConvOutput, true, activation, true}, step.pc,
                    step.written);
    case Opcode::kVector:
      return append({"tile_vector_output", Content::kVectorOutput, true, activation, true}, step.pc,
                    step.written);
    case Opcode::kHalt:
    case Opcode::kSync:
      return;
  }
}

void LayerStreams::add(const Step& step) {
  if (step.instruction->opcode == Opcode::kConv) add_constants(step);
  if (options_.level >= Level::kUnit) {
    if (step.instruction->opcode == Opcode::kConv) add_conv_operands(step);
    if (step.instruction->opcode == Opcode::kVector) add_vector_operands(step);
  }
  if (options_.level >= Level::kTile) add_results(step);
}

void LayerStreams::finish(std::span<const std::uint8_t> dram, std::vector<Stream>& streams) {
  const auto& output = program_.tensor(program_.layers[static_cast<std::size_t>(layer_)].output);
  const auto values = read_tensor(dram, output, program_.format);
  const int activation = program_.format.activation_bytes();
  append({"output", Content::kLayerOutput, true, activation, true}, -1,
         little_endian(std::vector<std::int64_t>(values.begin(), values.end()), activation));
  for (auto& [name, writer] : writers_) streams.push_back(writer.finish());
  writers_.clear();
}

}  // namespace npu::sim::golden
