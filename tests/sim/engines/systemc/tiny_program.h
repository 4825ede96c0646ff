// Small programs made by hand for the tests of the SystemC engine: tiles of one feature map pass through a
// double buffer, each loaded, worked on and stored.
#pragma once

#include <cstdint>
#include <vector>

#include "hw/arch/arch_config.h"
#include "hw/isa/program.h"

namespace npu::tests {

/// The default machine of configs/arch.
hw::ArchConfig default_machine();

/// A pointwise convolution of `tiles` tiles, 8 bits: tile t is rows [t * rows, (t + 1) * rows) of the feature
/// map. Two buffers for inputs, two for outputs; weights are loaded once.
struct TileLoop {
  std::int64_t tiles = 16;
  std::int64_t rows = 8;  ///< of one tile
  std::int64_t width = 16;
  std::int64_t in_channels = 32;
  std::int64_t out_channels = 32;

  std::int64_t in_tile_bytes() const { return rows * width * in_channels; }
  std::int64_t out_tile_bytes() const { return rows * width * out_channels; }
};

/// Instructions: 0 LOADW, then LOADA, CONV, STORE for every tile, then HALT.
/// Indices of the instructions of tile t.
constexpr std::int64_t load_pc(std::int64_t tile) { return 1 + 3 * tile; }
constexpr std::int64_t conv_pc(std::int64_t tile) { return 2 + 3 * tile; }
constexpr std::int64_t store_pc(std::int64_t tile) { return 3 + 3 * tile; }

hw::Program tile_loop_program(const TileLoop& loop, const hw::ArchConfig& arch);

/// Random int8 values for the program's input.
std::vector<std::int32_t> random_input(const hw::Program& program, std::uint64_t seed);

}  // namespace npu::tests
