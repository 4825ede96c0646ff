#include "tests/sim/engines/systemc/tiny_program.h"

#include "hw/common/units.h"
#include "hw/isa/fields.h"
#include "hw/isa/regions.h"
#include "tests/support.h"

namespace npu::tests {
namespace {

using hw::Instruction;
using hw::Opcode;
using hw::Unit;

constexpr std::int64_t kAlignment = 64;

std::size_t slot(Unit unit) { return static_cast<std::size_t>(unit); }

/// Places in memory of one tile loop.
struct Layout {
  std::int64_t weight_bytes = 0;
  std::int64_t parameter_bytes = 0;
  std::int64_t input_base = 0;
  std::int64_t output_base = 0;
  std::int64_t out_buffer_base = 0;
};

Instruction contiguous(Opcode opcode, std::int64_t dram, std::int64_t sram, std::int64_t bytes) {
  hw::Transfer transfer;
  transfer.dram_address = dram;
  transfer.sram_address = sram;
  transfer.run_bytes = bytes;
  Instruction instruction;
  instruction.opcode = opcode;
  instruction.body = transfer;
  return instruction;
}

Instruction conv_of_tile(const TileLoop& loop, const Layout& layout, std::int64_t tile) {
  hw::Conv conv;
  const std::int64_t buffer = tile % 2;
  conv.in_address = buffer * loop.in_tile_bytes();
  conv.in_row_stride = loop.width * loop.in_channels;
  conv.in_pixel_stride = loop.in_channels;
  conv.in_height = conv.out_height = loop.rows;
  conv.in_width = conv.out_width = loop.width;
  conv.in_channels = loop.in_channels;
  conv.out_channels = loop.out_channels;
  conv.out_address = layout.out_buffer_base + buffer * loop.out_tile_bytes();
  conv.out_row_stride = loop.width * loop.out_channels;
  conv.out_pixel_stride = loop.out_channels;
  conv.parameter_address = layout.weight_bytes;
  conv.multiplier = 40000;
  conv.shift = 23;
  conv.in_zero_point = 3;
  conv.out_zero_point = -5;
  Instruction instruction;
  instruction.opcode = Opcode::kConv;
  instruction.body = conv;
  return instruction;
}

void add_tile(std::vector<Instruction>& instructions, const TileLoop& loop, const Layout& layout,
              std::int64_t tile) {
  const std::int64_t buffer = tile % 2;
  const std::uint8_t reused = tile >= 2 ? 1 : 0;  // the buffer was used two tiles ago: wait until it is free
  const bool reused_later = tile + 2 < loop.tiles;
  Instruction load = contiguous(Opcode::kLoadActivations, layout.input_base + tile * loop.in_tile_bytes(),
                                buffer * loop.in_tile_bytes(), loop.in_tile_bytes());
  load.tokens.wait[slot(Unit::kConv)] = reused;
  load.tokens.signal[slot(Unit::kConv)] = true;
  Instruction conv = conv_of_tile(loop, layout, tile);
  conv.tokens.wait[slot(Unit::kLoadWeights)] = tile == 0 ? 1 : 0;
  conv.tokens.wait[slot(Unit::kLoadActivations)] = 1;
  conv.tokens.wait[slot(Unit::kStore)] = reused;
  conv.tokens.signal[slot(Unit::kLoadActivations)] = reused_later;
  conv.tokens.signal[slot(Unit::kStore)] = true;
  Instruction store =
      contiguous(Opcode::kStore, layout.output_base + tile * loop.out_tile_bytes(),
                 layout.out_buffer_base + buffer * loop.out_tile_bytes(), loop.out_tile_bytes());
  store.tokens.wait[slot(Unit::kConv)] = 1;
  store.tokens.signal[slot(Unit::kConv)] = reused_later;
  instructions.push_back(load);
  instructions.push_back(conv);
  instructions.push_back(store);
}

hw::TensorSymbol feature_map(const char* name, std::int64_t address, std::int64_t height, std::int64_t width,
                             std::int64_t channels) {
  hw::TensorSymbol tensor;
  tensor.name = name;
  tensor.dram_address = address;
  tensor.height = height;
  tensor.width = width;
  tensor.channels = channels;
  tensor.pixel_stride_bytes = channels;
  tensor.row_stride_bytes = width * channels;
  return tensor;
}

std::vector<std::uint8_t> random_constants(const Layout& layout, std::int64_t out_channels) {
  TestRandom random(11);
  std::vector<std::uint8_t> constants;
  for (std::int64_t byte = 0; byte < layout.weight_bytes; ++byte) {
    constants.push_back(static_cast<std::uint8_t>(random.integer(-127, 127)));
  }
  for (std::int64_t channel = 0; channel < out_channels; ++channel) {
    const auto bias = static_cast<std::uint32_t>(random.integer(-5000, 5000));
    for (int byte = 0; byte < 4; ++byte) constants.push_back(static_cast<std::uint8_t>(bias >> (8 * byte)));
  }
  while (std::ssize(constants) < layout.weight_bytes + layout.parameter_bytes) {
    constants.push_back(static_cast<std::uint8_t>(random.integer(0, 4) * 16 + random.integer(0, 4)));
  }
  return constants;
}

hw::LayerSymbol only_layer(const TileLoop& loop) {
  hw::LayerSymbol layer;
  layer.name = "pointwise";
  layer.op = "conv";
  layer.dataflow = "ws";
  layer.macs = loop.tiles * loop.rows * loop.width * loop.in_channels * loop.out_channels;
  layer.out_channels = loop.out_channels;
  layer.first_pc = 0;
  layer.last_pc = 1 + 3 * loop.tiles;
  layer.output = "output";
  return layer;
}

}  // namespace

hw::ArchConfig default_machine() { return hw::load_arch(source_folder() / "configs/arch/shift_npu.json"); }

hw::Program tile_loop_program(const TileLoop& loop, const hw::ArchConfig& arch) {
  hw::Program program;
  program.network = "tile_loop";
  program.compatibility_hash = hw::compatibility_hash(arch);
  program.arch_hash = hw::arch_hash(arch);
  program.format = hw::machine_format(arch);
  Layout layout;
  layout.weight_bytes = loop.in_channels * loop.out_channels;
  layout.parameter_bytes = hw::parameter_block_bytes(loop.out_channels, program.format, false);
  layout.out_buffer_base = 2 * loop.in_tile_bytes();
  program.dram.constant_base = round_up((2 + 3 * loop.tiles) * hw::kInstructionBytes, kAlignment);
  program.dram.activation_base =
      round_up(program.dram.constant_base + layout.weight_bytes + layout.parameter_bytes, kAlignment);
  layout.input_base = program.dram.activation_base;
  layout.output_base = round_up(layout.input_base + loop.tiles * loop.in_tile_bytes(), kAlignment);
  program.dram.end = round_up(layout.output_base + loop.tiles * loop.out_tile_bytes(), kAlignment);
  program.constants = random_constants(layout, loop.out_channels);

  Instruction weights = contiguous(Opcode::kLoadWeights, program.dram.constant_base, 0,
                                   layout.weight_bytes + layout.parameter_bytes);
  weights.tokens.signal[slot(Unit::kConv)] = true;
  program.instructions.push_back(weights);
  for (std::int64_t tile = 0; tile < loop.tiles; ++tile) add_tile(program.instructions, loop, layout, tile);
  program.instructions.emplace_back();  // HALT

  program.tensors.push_back(
      feature_map("input", layout.input_base, loop.tiles * loop.rows, loop.width, loop.in_channels));
  program.tensors.push_back(
      feature_map("output", layout.output_base, loop.tiles * loop.rows, loop.width, loop.out_channels));
  program.input = "input";
  program.output = "output";
  program.layers.push_back(only_layer(loop));
  return program;
}

std::vector<std::int32_t> random_input(const hw::Program& program, std::uint64_t seed) {
  const hw::TensorSymbol& tensor = program.tensor(program.input);
  TestRandom random(seed);
  std::vector<std::int32_t> values(static_cast<std::size_t>(tensor.height * tensor.width * tensor.channels));
  for (std::int32_t& value : values) value = static_cast<std::int32_t>(random.integer(-128, 127));
  return values;
}

}  // namespace npu::tests
