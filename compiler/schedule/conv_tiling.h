// Tiling of one convolution: tile sizes, loop order, dataflow and buffer slots, chosen by predicted cost. The
// machine runs one layer's tiles with loads, array and stores overlapped by double buffering; every feature
// map lies in DRAM.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>

#include "compiler/schedule/tile_axis.h"
#include "hw/arch/arch_config.h"
#include "hw/isa/instruction.h"

namespace npu::compiler {

/// Vector work on the tiles of a convolution before they are stored.
enum class TailWork : std::uint8_t { kNone, kAdd, kPool };

/// One group of a convolution (all groups of a layer are alike). Depthwise: in_channels == out_channels are
/// tiled together and `groups` is 1.
struct ConvProblem {
  WindowAxis rows;
  WindowAxis columns;
  std::int64_t out_height = 1;
  std::int64_t out_width = 1;
  std::int64_t in_channels = 1;
  std::int64_t out_channels = 1;
  std::int64_t groups = 1;
  std::int64_t images = 1;  ///< each with the extents above; they share the weights on chip
  bool depthwise = false;
  bool dense_input = true;  ///< the input's pixels are contiguous in DRAM (no view, no group slice)
  bool dense_output = true;
  bool per_channel_multiplier = false;
  TailWork tail = TailWork::kNone;
  WindowAxis pool_rows, pool_columns;  ///< kPool: windows over the convolution's outputs; out_height and
                                       ///< out_width are then what the pool makes of them
  bool input_on_chip = false;          ///< lies in the global buffer whole: tiles are read where they are
  bool output_on_chip = false;         ///< of the layer, behind its tail
  bool operand_on_chip = false;        ///< kAdd: the other operand
  Bytes map_room_bytes = 0;            ///< of the global buffer for tiles; 0: all of it
  std::int64_t zero_share = 0;  ///< zero weights, in 256ths, where the machine skips real zeros (hw::Conv)

  /// The windows through which a tile of outputs sees the input: of the convolution, or of pool and
  /// convolution.
  WindowAxis row_window() const { return tail == TailWork::kPool ? behind(rows, pool_rows) : rows; }
  WindowAxis column_window() const {
    return tail == TailWork::kPool ? behind(columns, pool_columns) : columns;
  }

  /// Rows (columns) that the convolution computes for a tile of `outputs`, away from the edges.
  std::int64_t computed_rows(std::int64_t outputs) const { return computed(outputs, pool_rows); }
  std::int64_t computed_columns(std::int64_t outputs) const { return computed(outputs, pool_columns); }

  std::int64_t taps() const { return rows.kernel * columns.kernel; }

  auto key() const {
    const auto axis = [](const WindowAxis& window) {
      return std::tuple(window.kernel, window.stride, window.pad_before, window.in_size);
    };
    return std::tuple(axis(rows), axis(columns), out_height, out_width, in_channels, out_channels, groups,
                      images, depthwise, dense_input, dense_output, per_channel_multiplier, tail,
                      axis(pool_rows), axis(pool_columns), input_on_chip, output_on_chip, operand_on_chip,
                      map_room_bytes, zero_share);
  }

 private:
  static WindowAxis behind(const WindowAxis& convolution, const WindowAxis& pool) {
    return {(pool.kernel - 1) * convolution.stride + convolution.kernel, convolution.stride * pool.stride,
            convolution.pad_before + pool.pad_before * convolution.stride, convolution.in_size};
  }
  std::int64_t computed(std::int64_t outputs, const WindowAxis& pool) const {
    if (tail != TailWork::kPool) return outputs;
    return std::min((outputs - 1) * pool.stride + pool.kernel, pool.in_size);
  }
};

/// Which operand the outer loop keeps on chip. Input-channel tiles are always innermost, so that partial sums
/// of one output tile only are parked in the accumulator store.
enum class LoopOrder {
  kWeightsOuter,  ///< for out_channel tile, for pixel tile, for in_channel tile
  kPixelsOuter,   ///< for pixel tile, for out_channel tile, for in_channel tile
};
const char* loop_order_name(LoopOrder order);

struct ConvTiling {
  TileAxis rows, columns, out_channels, in_channels;
  hw::Dataflow dataflow = hw::Dataflow::kWeightStationary;
  LoopOrder order = LoopOrder::kWeightsOuter;
  std::int64_t weight_slots = 1;
  std::int64_t input_slots = 1;
  std::int64_t output_slots = 1;
  Bytes weight_slot_bytes = 0;  ///< weights and parameter block
  Bytes input_slot_bytes = 0;
  Bytes output_slot_bytes = 0;  ///< the array's outputs, then what the tail needs beside them
  Bytes tail_offset_bytes = 0;  ///< where in the slot that is: the other operand, or the pool's outputs
  Bytes spare_map_bytes = 0;    ///< of the global buffer, behind the slots
};

/// Predicted cost of one group, all images.
struct ConvCost {
  double cycles = 0;        ///< steady state of the slowest resource plus first load and last store
  double array_cycles = 0;  ///< sum over tiles of conv_cycles
  double dram_bytes = 0;    ///< bus bytes
  double objective = 0;     ///< cycles + kDramWeight * DRAM bus cycles: what the search minimises
};

/// Weight of a DRAM bus cycle against a cycle of time. Time alone would let the mapper re-read DRAM whenever
/// the array is the bottleneck, at 100 to 200 MACs' energy a word; one half makes a re-read worth it only
/// where it saves time of at least half its own bus time.
inline constexpr double kDramWeight = 0.5;

ConvCost conv_cost(const ConvProblem& problem, const ConvTiling& tiling, const hw::ArchConfig& arch);

/// Bytes of one weight block in weight SRAM: weights, rounded up to kParameterAlignment, then the parameter
/// block.
inline constexpr Bytes kParameterAlignment = 16;
Bytes weight_block_size(std::int64_t out_channels, std::int64_t in_channels, const ConvProblem& problem,
                        const hw::ArchConfig& arch);

struct ConvPlan {
  ConvTiling tiling;
  ConvCost cost;
  std::string reason;  ///< "predicted ws 12345, os 23456 cycles"
};

/// How many tilings plan_conv tries.
enum class MapperEffort {
  kQuick,     ///< tile counts in powers of two: for sweeps over many machines
  kThorough,  ///< every tile count along every axis
};

/// Bytes of the global buffer that the layer's tiles may take.
Bytes map_room(const ConvProblem& problem, const hw::ArchConfig& arch);

/// As plan_conv; none if nothing fits.
std::optional<ConvPlan> find_plan(const ConvProblem& problem, const hw::ArchConfig& arch,
                                  MapperEffort effort);

/// Searches tile sizes, both loop orders and the dataflows the array has. `layer` is used in messages only.
/// Throws CapacityError if not even the smallest tile fits, GraphError if no tile fits the instruction.
ConvPlan plan_conv(const ConvProblem& problem, const hw::ArchConfig& arch, const std::string& layer,
                   MapperEffort effort = MapperEffort::kThorough);

}  // namespace npu::compiler
