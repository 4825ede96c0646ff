// Predicted cost of a tiling: array time by hw/timing, DRAM traffic by counting loads that the buffer slots
// do not save.
#include <algorithm>
#include <array>

#include "compiler/schedule/conv_tiling.h"
#include "hw/isa/regions.h"
#include "hw/timing/conv_timing.h"

namespace npu::compiler {
namespace {

struct Part {
  std::int64_t extent;
  std::int64_t times;
};

// The distinct extents of an axis: full tiles and the last one.
std::array<Part, 2> parts(const TileAxis& axis) {
  const std::int64_t count = axis.count();
  return {Part{axis.tile, count - 1}, Part{axis.extent(count - 1), 1}};
}

Cycles array_cycles_of(const ConvTiling& tiling, hw::ConvWork work, const hw::ArchConfig& arch) {
  const std::int64_t count = tiling.in_channels.count();
  Cycles sum = 0;
  const auto add = [&](std::int64_t extent, std::int64_t times, bool first, bool last) {
    if (times <= 0) return;
    work.in_channels = extent;
    work.first = first;
    work.last = last;
    sum += times * hw::conv_cycles(work, arch).total();
  };
  const std::int64_t rest = tiling.in_channels.extent(count - 1);
  if (count == 1) {
    add(rest, 1, true, true);
  } else {
    add(tiling.in_channels.tile, 1, true, false);
    add(tiling.in_channels.tile, count - 2, false, false);
    add(rest, 1, false, true);
  }
  return sum;
}

Cycles total_array_cycles(const ConvProblem& problem, const ConvTiling& tiling, const hw::ArchConfig& arch) {
  hw::ConvWork work;
  work.kernel_height = problem.rows.kernel;
  work.kernel_width = problem.columns.kernel;
  work.stride_height = problem.rows.stride;
  work.stride_width = problem.columns.stride;
  work.dataflow = tiling.dataflow;
  work.depthwise = problem.depthwise;
  Cycles sum = 0;
  for (const auto& row : parts(tiling.rows)) {
    for (const auto& column : parts(tiling.columns)) {
      for (const auto& channel : parts(tiling.out_channels)) {
        const std::int64_t times = row.times * column.times * channel.times;
        if (times == 0) continue;
        work.out_height = row.extent;
        work.out_width = column.extent;
        work.out_channels = channel.extent;
        sum += times * array_cycles_of(tiling, work, arch);
      }
    }
  }
  return sum;
}

// Bytes on the bus for `pixels` pixels of `channels` channels: whole accesses per contiguous run.
double map_bus_bytes(double pixels, std::int64_t channels, bool contiguous, const hw::ArchConfig& arch) {
  const std::int64_t bytes = channels * arch.data.activation_bytes();
  return pixels * static_cast<double>(contiguous ? bytes : round_up(bytes, arch.dram.access_bytes));
}

struct Traffic {
  double loads = 0;
  double bytes = 0;
};

Traffic weight_traffic(const ConvProblem& problem, const ConvTiling& tiling, const hw::ArchConfig& arch) {
  const std::int64_t pixel_tiles = tiling.rows.count() * tiling.columns.count();
  const std::int64_t in_tiles = tiling.in_channels.count();
  const std::int64_t blocks = tiling.out_channels.count() * in_tiles;
  const std::int64_t kept = tiling.order == LoopOrder::kWeightsOuter ? in_tiles : blocks;
  const std::int64_t passes = kept <= tiling.weight_slots ? 1 : pixel_tiles;
  const std::int64_t taps = problem.rows.kernel * problem.columns.kernel;
  const std::int64_t weights = taps * problem.out_channels * (problem.depthwise ? 1 : problem.in_channels);
  const Bytes parameters =
      problem.out_channels * arch.data.accumulator_bytes() + ceil_div(problem.out_channels, 2);
  return {static_cast<double>(blocks * passes),
          static_cast<double>((weights * arch.data.weight_bytes() + parameters) * passes)};
}

Traffic input_traffic(const ConvProblem& problem, const ConvTiling& tiling, const hw::ArchConfig& arch) {
  const std::int64_t pixel_tiles = tiling.rows.count() * tiling.columns.count();
  const std::int64_t in_tiles = tiling.in_channels.count();
  const std::int64_t out_tiles = tiling.out_channels.count();
  const double pixels = static_cast<double>(loaded_positions(tiling.rows, problem.rows)) *
                        static_cast<double>(loaded_positions(tiling.columns, problem.columns));
  if (problem.depthwise) {
    const bool whole = out_tiles == 1 && problem.dense_input;
    return {static_cast<double>(pixel_tiles * out_tiles),
            map_bus_bytes(pixels, tiling.out_channels.tile, whole, arch) * static_cast<double>(out_tiles)};
  }
  const std::int64_t kept = tiling.order == LoopOrder::kPixelsOuter ? in_tiles : pixel_tiles * in_tiles;
  const std::int64_t passes = kept <= tiling.input_slots ? 1 : out_tiles;
  const bool whole = in_tiles == 1 && problem.dense_input;
  const double bytes =
      map_bus_bytes(pixels, tiling.in_channels.tile, whole, arch) * static_cast<double>(in_tiles);
  return {static_cast<double>(pixel_tiles * in_tiles * passes), bytes * static_cast<double>(passes)};
}

Traffic output_traffic(const ConvProblem& problem, const ConvTiling& tiling, const hw::ArchConfig& arch) {
  const std::int64_t tiles = tiling.rows.count() * tiling.columns.count() * tiling.out_channels.count();
  const double pixels = static_cast<double>(problem.out_height * problem.out_width);
  const bool whole = tiling.out_channels.count() == 1 && problem.dense_output;
  return {static_cast<double>(tiles), map_bus_bytes(pixels, tiling.out_channels.tile, whole, arch) *
                                          static_cast<double>(tiling.out_channels.count())};
}

}  // namespace

Bytes weight_block_size(std::int64_t out_channels, std::int64_t in_channels, const ConvProblem& problem,
                        const hw::ArchConfig& arch) {
  const std::int64_t taps = problem.rows.kernel * problem.columns.kernel;
  const Bytes weights =
      taps * out_channels * (problem.depthwise ? 1 : in_channels) * arch.data.weight_bytes();
  return round_up(weights, kParameterAlignment) +
         hw::parameter_block_bytes(out_channels, hw::machine_format(arch), problem.per_channel_multiplier);
}

ConvCost conv_cost(const ConvProblem& problem, const ConvTiling& tiling, const hw::ArchConfig& arch) {
  const auto weights = weight_traffic(problem, tiling, arch);
  const auto inputs = input_traffic(problem, tiling, arch);
  const auto outputs = output_traffic(problem, tiling, arch);
  const double bandwidth = arch.dram.bytes_per_cycle;
  const auto latency = static_cast<double>(arch.dram.latency_cycles);
  const auto channel_cycles = [&](const Traffic& traffic) {
    return traffic.loads * latency + traffic.bytes / bandwidth;
  };
  ConvCost cost;
  cost.array_cycles = static_cast<double>(total_array_cycles(problem, tiling, arch));
  cost.dram_bytes = weights.bytes + inputs.bytes + outputs.bytes;
  const double bus_cycles = cost.dram_bytes / bandwidth;
  const double steady = std::max({cost.array_cycles, bus_cycles, channel_cycles(weights),
                                  channel_cycles(inputs), channel_cycles(outputs)});
  // Nothing overlaps the first tile's loads and the last tile's store.
  const double first_load =
      latency + weights.bytes / weights.loads / bandwidth + inputs.bytes / inputs.loads / bandwidth;
  const double last_store = latency + outputs.bytes / outputs.loads / bandwidth;
  cost.cycles = steady + first_load + last_store;
  cost.objective = cost.cycles + kDramWeight * bus_cycles;
  return cost;
}

}  // namespace npu::compiler
