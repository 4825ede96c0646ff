// A compiled program: instructions, constants and a symbol table. It is all an engine sees of a network.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "hw/arch/arch_config.h"
#include "hw/isa/instruction.h"

namespace npu::hw {

/// A feature map in DRAM: [image][row][column][channel], channel innermost, little-endian elements of activation width.
/// A tensor that is part of a concatenation is a view with a pixel stride larger than its channels.
struct TensorSymbol {
  std::string name;
  std::int64_t dram_address = 0;
  std::int64_t images = 1;        ///< of the batch, one behind the other
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::int64_t channels = 0;
  std::int64_t row_stride_bytes = 0;
  std::int64_t pixel_stride_bytes = 0;
  float scale = 1.0F;             ///< real = scale * (q - zero_point); for the host only
  std::int32_t zero_point = 0;

  std::int64_t elements() const { return images * height * width * channels; }
  std::int64_t image_stride_bytes() const { return height * row_stride_bytes; }
  /// From the first byte of the first image to behind the last byte of the last.
  std::int64_t span_bytes(std::int64_t element_bytes) const {
    return (images - 1) * image_stride_bytes() + (height - 1) * row_stride_bytes + (width - 1) * pixel_stride_bytes +
           channels * element_bytes;
  }
};

/// One layer: the instructions [first_pc, last_pc) and what the compiler knew when it made them.
struct LayerSymbol {
  std::string name;
  std::string op;               ///< conv, depthwise, add, max_pool, average_pool, rescale, ...
  std::string dataflow;         ///< ws, os, or empty for vector work
  std::string dataflow_reason;  ///< why, for people: predicted cycles of each choice
  std::string shape;            ///< for people: "3x224x224 -> 32x112x112 k3 s2"
  std::string tiling;           ///< for people: "rows 7 x cols 112 x out 32 x in 3, 16 tiles, weights resident"
  std::int64_t macs = 0;
  std::int64_t parameters = 0;   ///< weights and biases of the float network
  std::int64_t weight_bytes = 0;
  std::int64_t bias_bytes = 0;
  std::int64_t shift_bytes = 0;
  /// DRAM bytes that the layer loads more than once, because its buffer slots are too small to keep them.
  std::int64_t reloaded_weight_bytes = 0;
  std::int64_t reloaded_input_bytes = 0;  ///< rows shared by neighbouring tiles included
  std::int64_t out_channels = 0;
  std::int64_t first_pc = 0;
  std::int64_t last_pc = 0;
  std::string output;            ///< name of the tensor it produces
};

/// What the code assumes of the machine; copied from the ArchConfig it was compiled for.
struct MachineFormat {
  int array_rows = 0;
  int array_columns = 0;
  int weight_bits = 8;
  int activation_bits = 8;
  int accumulator_bits = 32;
  int shift_bits = 4;
  Rounding rounding = Rounding::kHalfUp;
  Bytes weight_sram_bytes = 0;
  Bytes global_buffer_bytes = 0;
  std::int64_t accumulator_entries = 0;
  Bytes dram_bytes = 0;

  int weight_bytes() const { return weight_bits / 8; }
  int activation_bytes() const { return activation_bits / 8; }
  int accumulator_bytes() const { return accumulator_bits / 8; }
};
MachineFormat machine_format(const ArchConfig& arch);

/// DRAM map, byte addresses from 0: [instructions][constants][activations]; each base is a multiple of 64.
struct DramMap {
  std::int64_t instruction_base = 0;
  std::int64_t constant_base = 0;
  std::int64_t activation_base = 0;
  std::int64_t end = 0;
};

/// Bytes of the network's data in DRAM, by kind.
struct Footprint {
  std::int64_t weight_bytes = 0;
  std::int64_t bias_bytes = 0;
  std::int64_t shift_bytes = 0;
  std::int64_t table_bytes = 0;
  std::int64_t instruction_bytes = 0;
  std::int64_t activation_bytes = 0;       ///< size of the activation area (with reuse)
  std::int64_t peak_live_activation_bytes = 0;  ///< largest sum of feature maps needed at one time
  std::string peak_layer;                 ///< while this layer runs; empty: before the first or behind the last
  std::vector<std::string> peak_tensors;  ///< the maps that are live then
};

struct Program {
  std::string network;
  std::string compatibility_hash;  ///< of the machine it was compiled for
  std::string arch_hash;
  MachineFormat format;
  DramMap dram;
  Footprint footprint;
  std::vector<Instruction> instructions;
  std::vector<std::uint8_t> constants;  ///< image at dram.constant_base
  std::vector<LayerSymbol> layers;
  std::vector<TensorSymbol> tensors;
  std::string input;                    ///< tensor names
  std::string output;
  bool host_softmax = false;            ///< the network ended in a Softmax, left to the host
  std::string preprocessing_json;       ///< as found beside the model; empty if none

  const TensorSymbol& tensor(const std::string& name) const;  ///< throws ProgramError
  std::int64_t images() const { return tensor(input).images; }  ///< that one run of the program processes
};

inline constexpr int kProgramVersion = 2;

/// File: magic "NPUPROG\n", version u32, sizes, JSON header, instruction words, constants, SHA-256 of all before.
/// docs/program_file.md has the layout. Reading throws ProgramError for every malformed byte (bounds are checked
/// before anything is allocated), writing throws InputError.
std::vector<std::uint8_t> serialize(const Program& program);
Program deserialize(std::span<const std::uint8_t> bytes);
void write_program(const Program& program, const std::filesystem::path& path);
Program read_program(const std::filesystem::path& path);

/// Throws ProgramError if the program was compiled for a machine with another compatibility hash.
void check_compatible(const Program& program, const ArchConfig& arch);

}  // namespace npu::hw
