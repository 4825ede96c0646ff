#include "tests/hw/isa/isa_support.h"

namespace npu::tests {

using hw::Instruction;
using hw::Opcode;
using hw::Unit;

Instruction random_instruction(Opcode opcode, TestRandom& random) {
  Instruction instruction;
  instruction.opcode = opcode;
  for (std::size_t slot = 0; slot < hw::kUnits; ++slot) {
    instruction.tokens.wait[slot] = static_cast<std::uint8_t>(random.integer(0, hw::kMaxWait));
    instruction.tokens.signal[slot] = random.integer(0, 1) == 1;
  }
  hw::with_body_type(opcode, [&]<class Body>() {
    Body body{};
    hw::for_each_field<Body>([&](const hw::Field<Body>& field) {
      const std::int64_t low = field.minimum();
      const std::int64_t high = hw::largest_value(field);
      const std::int64_t extreme = random.integer(0, 5);
      body.*(field.member) = extreme == 0 ? low : extreme == 1 ? high : random.integer(low, high);
    });
    instruction.body = body;
  });
  return instruction;
}

hw::MachineFormat small_format() {
  hw::MachineFormat format;
  format.array_rows = 4;
  format.array_columns = 4;
  format.weight_sram_bytes = 4096;
  format.global_buffer_bytes = 4096;
  format.accumulator_entries = 1024;
  format.dram_bytes = 1 << 20;
  return format;
}

hw::Program small_program() {
  hw::Program program;
  program.network = "hand made";
  program.format = small_format();
  program.dram = {0, kConstants, kActivations, kDramEnd};
  program.constants.resize(1024);
  hw::TensorSymbol in;
  in.name = "in";
  in.dram_address = kActivations;
  in.height = 8;
  in.width = 64;
  in.channels = 8;
  in.pixel_stride_bytes = 8;
  in.row_stride_bytes = 512;
  hw::TensorSymbol out = in;
  out.name = "out";
  out.dram_address = kOutputs;
  program.tensors = {in, out};
  program.input = "in";
  program.output = "out";
  return program;
}

Instruction with_tokens(Instruction instruction, const TokenList& tokens) {
  for (const Unit unit : tokens.wait) ++instruction.tokens.wait[static_cast<std::size_t>(unit)];
  for (const Unit unit : tokens.signal) instruction.tokens.signal[static_cast<std::size_t>(unit)] = true;
  return instruction;
}

Instruction sync(Unit unit) { return {Opcode::kSync, {}, hw::Sync{static_cast<std::int64_t>(unit)}}; }
Instruction halt() { return {Opcode::kHalt, {}, hw::Halt{}}; }

namespace {

Instruction transfer(Opcode opcode, std::int64_t dram_address, std::int64_t sram_address,
                     std::int64_t bytes) {
  hw::Transfer body;
  body.dram_address = dram_address;
  body.sram_address = sram_address;
  body.run_bytes = bytes;
  return {opcode, {}, body};
}

}  // namespace

Instruction load_weights(std::int64_t dram_address, std::int64_t sram_address, std::int64_t bytes) {
  return transfer(Opcode::kLoadWeights, dram_address, sram_address, bytes);
}
Instruction load_activations(std::int64_t dram_address, std::int64_t sram_address, std::int64_t bytes) {
  return transfer(Opcode::kLoadActivations, dram_address, sram_address, bytes);
}
Instruction store(std::int64_t dram_address, std::int64_t sram_address, std::int64_t bytes) {
  return transfer(Opcode::kStore, dram_address, sram_address, bytes);
}

Instruction conv(std::int64_t in_address, std::int64_t weight_address, std::int64_t out_address,
                 std::int64_t pixels) {
  hw::Conv body;
  body.in_address = in_address;
  body.in_pixel_stride = 8;
  body.in_row_stride = 8 * pixels;
  body.in_height = 1;
  body.in_width = pixels;
  body.in_channels = 8;
  body.out_address = out_address;
  body.out_pixel_stride = 8;
  body.out_row_stride = 8 * pixels;
  body.out_height = 1;
  body.out_width = pixels;
  body.out_channels = 8;
  body.weight_address = weight_address;
  body.parameter_address = weight_address + 64;
  body.shift = 8;
  return {Opcode::kConv, {}, body};
}

Instruction rescale(std::int64_t a_address, std::int64_t out_address, std::int64_t bytes) {
  hw::Vector body;
  body.operation = static_cast<std::int64_t>(hw::VectorOp::kRescale);
  body.a_address = a_address;
  body.a_pixel_stride = bytes;
  body.a_row_stride = bytes;
  body.out_address = out_address;
  body.out_pixel_stride = bytes;
  body.out_row_stride = bytes;
  body.in_height = body.in_width = body.out_height = body.out_width = 1;
  body.channels = bytes;
  body.a_multiplier = 1;
  return {Opcode::kVector, {}, body};
}

hw::Program pipeline_program(int tiles) {
  constexpr std::int64_t kPixels = 16;
  constexpr std::int64_t kTileBytes = 8 * kPixels;
  constexpr std::int64_t kOutputSlots = 2048;
  hw::Program program = small_program();
  auto& code = program.instructions;
  code.push_back(with_tokens(load_weights(program.dram.constant_base, 0, 100), {{}, {Unit::kConv}}));
  for (int tile = 0; tile < tiles; ++tile) {
    const std::int64_t offset = tile * kTileBytes;
    const std::int64_t slot = (tile % 2) * kTileBytes;
    const bool reuses_slot = tile >= 2;
    const bool slot_used_again = tile + 2 < tiles;
    TokenList load{{}, {Unit::kConv}};
    if (reuses_slot) load.wait.push_back(Unit::kConv);
    TokenList compute{{Unit::kLoadActivations}, {Unit::kStore}};
    if (tile == 0) compute.wait.push_back(Unit::kLoadWeights);
    if (reuses_slot) compute.wait.push_back(Unit::kStore);
    if (slot_used_again) compute.signal.push_back(Unit::kLoadActivations);
    TokenList write_back{{Unit::kConv}, {}};
    if (slot_used_again) write_back.signal.push_back(Unit::kConv);
    code.push_back(
        with_tokens(load_activations(program.dram.activation_base + offset, slot, kTileBytes), load));
    code.push_back(with_tokens(conv(slot, 0, kOutputSlots + slot, kPixels), compute));
    code.push_back(with_tokens(store(kOutputs + offset, kOutputSlots + slot, kTileBytes), write_back));
  }
  code.push_back(halt());
  return program;
}

}  // namespace npu::tests
