// Predicted cost of a tiling: array time by hw/timing, DRAM traffic by counting loads that the buffer slots
// do not save.
//
// A layer runs in one or two phases, because an operand that stays on chip is loaded during the first round
// of the outer loop only. A phase lasts as long as the slower of array and memory. Memory time is bus time
// plus the latency of every descriptor of the channel that has most: loads and stores of a double buffer
// start together, when a convolution ends, so that the bus is idle while they wait. Nothing overlaps the
// first tile's loads in front of the array's work, the last tile's store behind it, or the last tile's
// convolution between the last load and the last store. Outputs hold a slot until they are stored, which
// bounds how soon the array can begin the tile that takes it next.
#include "compiler/schedule/conv_cost.h"

#include <algorithm>
#include <array>

#include "hw/isa/fields.h"
#include "hw/isa/regions.h"
#include "hw/timing/conv_phases.h"
#include "hw/timing/vector_timing.h"

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

// A tile behind another of its kind: what leaves of that one hides behind this one's first step.
hw::Handover behind_its_like(const hw::ConvPhases& phases) {
  const bool overlaps = phases.leaving > 0 && phases.head.channels > 0;
  return overlaps ? hw::hand_over(phases.leaving, phases.head) : hw::Handover{phases.leaving, phases.leaving};
}

struct ArrayTime {
  Cycles cycles = 0;
  Cycles hidden = 0;  ///< what the last instruction's results would take if nothing came behind it
  Cycles results_leave = 0;
};

ArrayTime array_time_of(const ConvTiling& tiling, hw::ConvWork work, const hw::ArchConfig& arch) {
  const std::int64_t count = tiling.in_channels.count();
  ArrayTime time;
  const auto add = [&](std::int64_t extent, std::int64_t times, bool first, bool last) {
    if (times <= 0) return;
    work.in_channels = extent;
    work.first = first;
    work.last = last;
    const hw::ConvPhases phases = hw::conv_phases(work, arch);
    const hw::Handover handover = behind_its_like(phases);
    time.cycles += times * (phases.body + handover.exposed);
    time.hidden = phases.leaving - handover.exposed;
    time.results_leave = handover.left_after;
  };
  const std::int64_t rest = tiling.in_channels.extent(count - 1);
  if (count == 1) {
    add(rest, 1, true, true);
  } else {
    add(tiling.in_channels.tile, 1, true, false);
    add(tiling.in_channels.tile, count - 2, false, false);
    add(rest, 1, false, true);
  }
  return time;
}

// Bytes on the bus for `pixels` pixels of `channels` channels: whole accesses per contiguous run.
double map_bus_bytes(double pixels, std::int64_t channels, bool contiguous, const hw::ArchConfig& arch) {
  const Bytes bytes = channels * arch.data.activation_bytes();
  return pixels * static_cast<double>(run_bus_bytes(bytes, contiguous, arch.dram.access_bytes));
}

Traffic weight_traffic(const ConvProblem& problem, const ConvTiling& tiling, const hw::ArchConfig& arch) {
  const std::int64_t pixel_tiles = problem.images * tiling.rows.count() * tiling.columns.count();
  const std::int64_t in_tiles = tiling.in_channels.count();
  const std::int64_t blocks = tiling.out_channels.count() * in_tiles;
  const std::int64_t kept = tiling.order == LoopOrder::kWeightsOuter ? in_tiles : blocks;
  const std::int64_t taps = problem.taps();
  const std::int64_t weights = taps * problem.out_channels * (problem.depthwise ? 1 : problem.in_channels);
  const Bytes parameters = hw::parameter_block_bytes(problem.out_channels, hw::machine_format(arch),
                                                     problem.per_channel_multiplier);
  return {static_cast<double>(blocks), static_cast<double>(weights * arch.data.weight_bytes() + parameters),
          kept <= tiling.weight_slots ? 1 : pixel_tiles};
}

Traffic input_traffic(const ConvProblem& problem, const ConvTiling& tiling, double pixels,
                      const hw::ArchConfig& arch) {
  if (problem.input_on_chip) return {};
  const std::int64_t pixel_tiles = problem.images * tiling.rows.count() * tiling.columns.count();
  const std::int64_t in_tiles = tiling.in_channels.count();
  const std::int64_t out_tiles = tiling.out_channels.count();
  if (problem.depthwise) {
    const bool whole = out_tiles == 1 && problem.dense_input;
    return {static_cast<double>(pixel_tiles * out_tiles),
            map_bus_bytes(pixels, tiling.out_channels.tile, whole, arch) * static_cast<double>(out_tiles), 1};
  }
  const std::int64_t kept = tiling.order == LoopOrder::kPixelsOuter ? in_tiles : pixel_tiles * in_tiles;
  const bool whole = in_tiles == 1 && problem.dense_input;
  return {static_cast<double>(pixel_tiles * in_tiles),
          map_bus_bytes(pixels, tiling.in_channels.tile, whole, arch) * static_cast<double>(in_tiles),
          kept <= tiling.input_slots ? 1 : out_tiles};
}

double output_tiles(const ConvProblem& problem, const ConvTiling& tiling) {
  return static_cast<double>(problem.images * tiling.rows.count() * tiling.columns.count() *
                             tiling.out_channels.count());
}

// Of a map of the outputs' extents, tile by tile: the outputs themselves or an add's other operand.
Traffic output_traffic(const ConvProblem& problem, const ConvTiling& tiling, const hw::ArchConfig& arch) {
  const double pixels = static_cast<double>(problem.images * problem.out_height * problem.out_width);
  const bool whole = tiling.out_channels.count() == 1 && problem.dense_output;
  return {output_tiles(problem, tiling),
          map_bus_bytes(pixels, tiling.out_channels.tile, whole, arch) *
              static_cast<double>(tiling.out_channels.count()),
          1};
}

// What the tail's instructions take in the vector unit (hw/timing/vector_timing.h), all tiles.
double tail_cycles(const ConvProblem& problem, const ConvTiling& tiling, const hw::ArchConfig& arch) {
  if (problem.tail == TailWork::kNone) return 0;
  const bool adds = problem.tail == TailWork::kAdd;
  const double steps =
      static_cast<double>(problem.images * problem.out_height * problem.out_width * problem.out_channels) *
      static_cast<double>(adds ? 1 : problem.pool_rows.kernel * problem.pool_columns.kernel);
  const double reads = steps * static_cast<double>((adds ? 2 : 1) * arch.data.activation_bytes());
  return output_tiles(problem, tiling) * static_cast<double>(hw::kVectorStages) +
         std::max(steps / arch.vector_unit.lanes, reads / arch.global_buffer.width_bytes);
}

// What the resources do during one phase: array cycles, descriptors and bytes of each DMA channel.
struct Phase {
  double array = 0;
  struct Channel {
    double descriptors = 0;
    double bytes = 0;
  };
  Channel weights, inputs, outputs;
  double tiles = 0;
  double tail = 0;

  double bytes() const { return weights.bytes + inputs.bytes + outputs.bytes; }
};

// Bus bytes of the instructions that `loads` descriptors and `outputs` output tiles need: one for each
// descriptor, and a CONV for each part of an output tile's reduction.
double instruction_bytes(double loads, double outputs, const ConvTiling& tiling, const hw::ArchConfig& arch) {
  if (!arch.command_processor.fetches_from_dram) return 0;
  const double convolutions = outputs * static_cast<double>(tiling.in_channels.count());
  return (loads + outputs + convolutions) * static_cast<double>(hw::kInstructionBytes);
}

}  // namespace

Bytes weight_block_size(std::int64_t out_channels, std::int64_t in_channels, const ConvProblem& problem,
                        const hw::ArchConfig& arch) {
  const std::int64_t taps = problem.taps();
  const Bytes weights =
      taps * out_channels * (problem.depthwise ? 1 : in_channels) * arch.data.weight_bytes();
  return round_up(weights, kParameterAlignment) +
         hw::parameter_block_bytes(out_channels, hw::machine_format(arch), problem.per_channel_multiplier);
}

ArrayDemand array_demand(const ConvProblem& problem, const ConvTiling& tiling, const hw::ArchConfig& arch) {
  hw::ConvWork work;
  work.kernel_height = problem.rows.kernel;
  work.kernel_width = problem.columns.kernel;
  work.stride_height = problem.rows.stride;
  work.stride_width = problem.columns.stride;
  work.dataflow = tiling.dataflow;
  work.depthwise = problem.depthwise;
  work.zero_share = problem.zero_share;
  Cycles sum = 0;
  Cycles hidden = 0;          // behind the tile that comes last
  double results_leave = -1;  // of the first kind of tiles, the most frequent
  for (const auto& row : parts(tiling.rows)) {
    for (const auto& column : parts(tiling.columns)) {
      for (const auto& channel : parts(tiling.out_channels)) {
        const std::int64_t times = problem.images * row.times * column.times * channel.times;
        if (times == 0) continue;
        work.out_height = problem.computed_rows(row.extent);
        work.out_width = problem.computed_columns(column.extent);
        work.out_channels = channel.extent;
        const ArrayTime time = array_time_of(tiling, work, arch);
        sum += times * time.cycles;
        hidden = time.hidden;
        if (results_leave < 0) results_leave = static_cast<double>(time.results_leave);
      }
    }
  }
  return {static_cast<double>(sum + hidden), results_leave};
}

TilingTraffic tiling_traffic(const ConvProblem& problem, const ConvTiling& tiling, double loaded_pixels,
                             const hw::ArchConfig& arch) {
  TilingTraffic traffic;
  traffic.weights = weight_traffic(problem, tiling, arch);
  traffic.inputs = input_traffic(problem, tiling, loaded_pixels, arch);
  if (!problem.output_on_chip) traffic.outputs = output_traffic(problem, tiling, arch);
  if (problem.tail == TailWork::kAdd && !problem.operand_on_chip) {
    traffic.operand = output_traffic(problem, tiling, arch);
  }
  traffic.output_tiles = output_tiles(problem, tiling);
  traffic.tail_cycles = tail_cycles(problem, tiling, arch);
  traffic.inputs_by_round = problem.depthwise;
  traffic.images = problem.images;
  return traffic;
}

ConvCost joined_cost(const TilingTraffic& traffic, const ArrayDemand& demand, const ConvTiling& tiling,
                     const hw::ArchConfig& arch) {
  const double array_cycles = demand.cycles;
  const double bandwidth = arch.dram.bytes_per_cycle;
  const auto latency = static_cast<double>(arch.dram.latency_cycles);
  const auto rounds =
      static_cast<double>(tiling.order == LoopOrder::kWeightsOuter
                              ? tiling.out_channels.count()
                              : traffic.images * tiling.rows.count() * tiling.columns.count());
  // An operand that is reloaded, or whose tiles are each used in one round only, is spread over all rounds.
  const auto share = [&](const Traffic& operand, bool all_in_first_round, bool first) -> Phase::Channel {
    const auto passes = static_cast<double>(operand.passes);
    const double part = all_in_first_round && operand.passes == 1
                            ? (first ? 1.0 : 0.0)
                            : (first ? 1.0 / rounds : (rounds - 1) / rounds) * passes;
    return {operand.loads * part, operand.bytes * part};
  };
  const bool weights_outer = tiling.order == LoopOrder::kWeightsOuter;
  const auto phase = [&](bool first) {
    const double part = first ? 1.0 / rounds : (rounds - 1) / rounds;
    const Phase::Channel inputs = share(traffic.inputs, weights_outer && !traffic.inputs_by_round, first);
    const Phase::Channel operand = share(traffic.operand, false, first);
    return Phase{array_cycles * part,
                 share(traffic.weights, !weights_outer, first),
                 {inputs.descriptors + operand.descriptors, inputs.bytes + operand.bytes},
                 share(traffic.outputs, false, first),
                 traffic.output_tiles * part,
                 traffic.tail_cycles * part};
  };
  const auto one = [](const Traffic& operand) {
    return operand.loads > 0 ? operand.bytes / operand.loads : 0;
  };
  const double last_tile = array_cycles / traffic.output_tiles;
  const double last_tail = traffic.tail_cycles / traffic.output_tiles;
  const double first_load = latency + (one(traffic.weights) + one(traffic.inputs)) / bandwidth;
  const double store = one(traffic.outputs) / bandwidth;
  const double store_latency = traffic.outputs.loads > 0 ? latency : 0;
  const auto duration = [&](const Phase& work, bool begins, bool ends) {
    const double descriptors =
        std::max({work.weights.descriptors, work.inputs.descriptors, work.outputs.descriptors});
    // A slot for outputs is taken from the start of a tile until they are stored.
    const auto slots = static_cast<double>(tiling.output_slots);
    const bool waits = tiling.output_slot_bytes > 0 && work.tiles > slots;
    const double by_slots =
        waits ? (work.array + work.tail + work.tiles * (demand.results_leave + store_latency + store)) / slots
              : 0;
    const double array = (begins ? first_load : 0) + std::max({work.array, work.tail, by_slots}) +
                         (ends ? last_tail + store_latency + store : 0);
    const double fetched =
        instruction_bytes(work.weights.descriptors + work.inputs.descriptors, work.tiles, tiling, arch);
    const double memory = descriptors * latency + (work.bytes() + fetched) / bandwidth +
                          (ends ? std::max(0.0, last_tile + last_tail + store_latency - store) : 0);
    return std::max(array, memory);
  };
  ConvCost cost;
  cost.array_cycles = array_cycles;
  cost.dram_bytes = traffic.total_bytes();
  if (rounds == 1) {
    cost.cycles = duration(phase(true), true, true);
  } else {
    cost.cycles = duration(phase(true), true, false) + duration(phase(false), false, true);
  }
  const auto all_loads = [](const Traffic& operand) {
    return operand.loads * static_cast<double>(operand.passes);
  };
  const double fetched =
      instruction_bytes(all_loads(traffic.weights) + all_loads(traffic.inputs) + all_loads(traffic.operand),
                        traffic.output_tiles, tiling, arch);
  cost.objective = cost.cycles + kDramWeight * (cost.dram_bytes + fetched) / bandwidth;
  return cost;
}

ConvCost conv_cost(const ConvProblem& problem, const ConvTiling& tiling, const hw::ArchConfig& arch) {
  const double pixels =
      static_cast<double>(problem.images * loaded_positions(tiling.rows, problem.row_window())) *
      static_cast<double>(loaded_positions(tiling.columns, problem.column_window()));
  return joined_cost(tiling_traffic(problem, tiling, pixels, arch), array_demand(problem, tiling, arch),
                     tiling, arch);
}

}  // namespace npu::compiler
