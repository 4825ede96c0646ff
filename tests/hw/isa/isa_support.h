// Small programs and random instructions for the tests of hw/isa.
#pragma once

#include <string>

#include "hw/isa/field_tools.h"
#include "hw/isa/program.h"
#include "tests/support.h"

namespace npu::tests {

/// Any legal instruction of this opcode; about a third of the fields take their smallest or largest value.
hw::Instruction random_instruction(hw::Opcode opcode, TestRandom& random);

/// 8-bit machine with 4096-byte SRAMs, 1024 accumulators, 4 x 4 PEs and 1 MiB of DRAM.
hw::MachineFormat small_format();

/// DRAM map of small_program(): 256 KiB for instructions, 1024 constant bytes, 8192 bytes of activations, of which
/// tensor "in" has the first half and tensor "out" the second.
inline constexpr std::int64_t kConstants = 1 << 18;
inline constexpr std::int64_t kActivations = kConstants + 1024;
inline constexpr std::int64_t kOutputs = kActivations + 4096;
inline constexpr std::int64_t kDramEnd = kOutputs + 4096;

/// An empty program for small_format().
hw::Program small_program();

/// Units to wait for (once for each token) and to signal.
struct TokenList {
  std::vector<hw::Unit> wait;
  std::vector<hw::Unit> signal;
};
hw::Instruction with_tokens(hw::Instruction instruction, const TokenList& tokens);

hw::Instruction sync(hw::Unit unit);
hw::Instruction halt();
/// `bytes` contiguous bytes.
hw::Instruction load_weights(std::int64_t dram_address, std::int64_t sram_address, std::int64_t bytes);
hw::Instruction load_activations(std::int64_t dram_address, std::int64_t sram_address, std::int64_t bytes);
hw::Instruction store(std::int64_t dram_address, std::int64_t sram_address, std::int64_t bytes);

/// Weight-stationary 1x1 CONV of `pixels` pixels, 8 channels to 8 channels: reads 8 * pixels bytes at
/// in_address, 64 weight bytes at weight_address and 36 parameter bytes behind them, writes 8 * pixels bytes
/// at out_address, uses 4 * pixels accumulators from 0.
hw::Instruction conv(std::int64_t in_address, std::int64_t weight_address, std::int64_t out_address,
                     std::int64_t pixels);
/// Element-wise rescale of `bytes` bytes.
hw::Instruction rescale(std::int64_t a_address, std::int64_t out_address, std::int64_t bytes);

/// A double-buffered pipeline over `tiles` tiles of 16 pixels: load, convolve, store, tokens in both
/// directions, two slots for inputs and two for outputs; weights are loaded once. Verified by construction.
hw::Program pipeline_program(int tiles);

}  // namespace npu::tests
