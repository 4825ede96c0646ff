// The parts of conv_cost, for a search that tries many tilings: what a tiling moves, what its array needs,
// and the time that both make together. Internal to compiler/schedule.
#pragma once

#include "compiler/schedule/conv_tiling.h"

namespace npu::compiler {

/// One operand: descriptors and bus bytes of one pass over it, and how often it passes over the bus.
struct Traffic {
  double loads = 0;
  double bytes = 0;
  std::int64_t passes = 1;

  double total_bytes() const { return bytes * static_cast<double>(passes); }
};

struct TilingTraffic {
  Traffic weights, inputs, outputs;
  Traffic operand;               ///< of an add behind the tiles
  double output_tiles = 1;       ///< whether or not they are stored
  double tail_cycles = 0;        ///< of the vector unit on all tiles
  bool inputs_by_round = false;  ///< depthwise, weights outer: every round has input channels of its own
  std::int64_t images = 1;

  double total_bytes() const {
    return weights.total_bytes() + inputs.total_bytes() + outputs.total_bytes() + operand.total_bytes();
  }
};

/// `loaded_pixels`: input positions loaded by all pixel tiles, halos counted once for each.
TilingTraffic tiling_traffic(const ConvProblem& problem, const ConvTiling& tiling, double loaded_pixels,
                             const hw::ArchConfig& arch);

/// Time of all tiles one behind the other (hw/timing/conv_phases.h); does not depend on loop order and slots.
struct ArrayDemand {
  double cycles = 0;
  double results_leave = 0;  ///< after a tile, until its results are written, the next tile right behind it
};
ArrayDemand array_demand(const ConvProblem& problem, const ConvTiling& tiling, const hw::ArchConfig& arch);

ConvCost joined_cost(const TilingTraffic& traffic, const ArrayDemand& array, const ConvTiling& tiling,
                     const hw::ArchConfig& arch);

}  // namespace npu::compiler
