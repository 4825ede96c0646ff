#include "compiler/schedule/conv_tiling.h"

#include <fmt/core.h>

#include <algorithm>

#include "compiler/schedule/conv_search.h"
#include "hw/common/error.h"

namespace npu::compiler {

Bytes map_room(const ConvProblem& problem, const hw::ArchConfig& arch) {
  return problem.map_room_bytes > 0 ? problem.map_room_bytes : arch.global_buffer.capacity_bytes;
}

bool fields_hold(const ConvProblem& problem, const ConvTiling& tiling, const hw::ArchConfig& arch,
                 const FieldLimits& limits) {
  const std::int64_t channels = problem.depthwise ? tiling.out_channels.tile : tiling.in_channels.tile;
  const Bytes in_pixel = channels * arch.data.activation_bytes();
  const Bytes out_pixel = tiling.out_channels.tile * arch.data.activation_bytes();
  const std::int64_t in_height = largest_input_extent(tiling.rows, problem.row_window());
  const std::int64_t in_width = largest_input_extent(tiling.columns, problem.column_window());
  const std::int64_t out_width = problem.computed_columns(tiling.columns.tile);
  return channels <= limits.in_channels && tiling.out_channels.tile <= limits.out_channels &&
         in_pixel <= limits.in_pixel_stride && out_pixel <= limits.out_pixel_stride &&
         in_width * in_pixel <= limits.in_row_stride && out_width * out_pixel <= limits.out_row_stride &&
         in_height <= limits.in_height && in_width <= limits.in_width &&
         problem.computed_rows(tiling.rows.tile) <= limits.out_height && out_width <= limits.out_width &&
         largest_pad(tiling.rows, problem.row_window()) <= limits.pad_top &&
         largest_pad(tiling.columns, problem.column_window()) <= limits.pad_left;
}

// Accumulator entries a tile needs (see isa::Conv): parked sums of a split reduction, or WS's working set.
bool accumulators_hold(const ConvProblem& problem, const ConvTiling& tiling, const hw::ArchConfig& arch) {
  const std::int64_t pixels =
      problem.computed_rows(tiling.rows.tile) * problem.computed_columns(tiling.columns.tile);
  if (tiling.in_channels.count() > 1) return pixels * tiling.out_channels.tile <= arch.accumulator_entries();
  if (tiling.dataflow == hw::Dataflow::kOutputStationary) return true;
  return pixels * std::min<std::int64_t>(tiling.out_channels.tile, arch.pe_array.columns) <=
         arch.accumulator_entries();
}

namespace {

// The array's outputs, unless they go straight to a map that stays; behind them the add's other operand,
// unless it lies on chip, or the pool's outputs, unless they stay.
void size_output_slot(const ConvProblem& problem, std::int64_t width, ConvTiling& tiling) {
  const std::int64_t pixels = tiling.rows.tile * tiling.columns.tile;
  const std::int64_t computed =
      problem.computed_rows(tiling.rows.tile) * problem.computed_columns(tiling.columns.tile);
  const auto bytes = [&](std::int64_t positions) {
    return round_up(positions * tiling.out_channels.tile * width, kParameterAlignment);
  };
  const bool straight = problem.tail == TailWork::kNone && problem.output_on_chip;
  tiling.tail_offset_bytes = straight ? 0 : bytes(computed);
  Bytes behind = 0;
  if (problem.tail == TailWork::kAdd && !problem.operand_on_chip) behind = bytes(pixels);
  if (problem.tail == TailWork::kPool && !problem.output_on_chip) behind = bytes(pixels);
  tiling.output_slot_bytes = tiling.tail_offset_bytes + behind;
}

}  // namespace

// Fills in slot sizes and counts: at least `buffering` wherever there are so many tiles, more where that
// saves re-reading. False if the buffers are too small.
bool assign_slots(const ConvProblem& problem, const hw::ArchConfig& arch, std::int64_t buffering,
                  ConvTiling& tiling) {
  const std::int64_t width = arch.data.activation_bytes();
  const std::int64_t in_tiles = tiling.in_channels.count();
  const std::int64_t pixel_tiles = problem.images * tiling.rows.count() * tiling.columns.count();
  const std::int64_t out_tiles = tiling.out_channels.count();
  const std::int64_t channels = problem.depthwise ? tiling.out_channels.tile : tiling.in_channels.tile;

  tiling.weight_slot_bytes =
      round_up(weight_block_size(tiling.out_channels.tile, tiling.in_channels.tile, problem, arch),
               kParameterAlignment);
  tiling.input_slot_bytes = 0;
  if (!problem.input_on_chip) {
    tiling.input_slot_bytes =
        round_up(largest_input_extent(tiling.rows, problem.row_window()) *
                     largest_input_extent(tiling.columns, problem.column_window()) * channels * width,
                 kParameterAlignment);
  }
  size_output_slot(problem, width, tiling);

  const std::int64_t weight_blocks = in_tiles * out_tiles * problem.groups;
  const std::int64_t input_blocks =
      problem.input_on_chip ? 1 : pixel_tiles * problem.groups * (problem.depthwise ? out_tiles : in_tiles);
  const std::int64_t input_need = std::min(buffering, input_blocks);
  tiling.output_slots =
      tiling.output_slot_bytes == 0 ? 1 : std::min(buffering, pixel_tiles * out_tiles * problem.groups);
  const Bytes map_need =
      input_need * tiling.input_slot_bytes + tiling.output_slots * tiling.output_slot_bytes;
  const Bytes shared = arch.execution.shared_buffer_bytes;
  const Bytes weight_room = shared > 0 ? std::min(arch.weight_sram.capacity_bytes, shared - map_need)
                                       : arch.weight_sram.capacity_bytes;
  const std::int64_t weight_fit = std::max<Bytes>(0, weight_room) / tiling.weight_slot_bytes;
  const std::int64_t weight_wish =
      tiling.order == LoopOrder::kPixelsOuter ? in_tiles * out_tiles : 2 * in_tiles;
  const std::int64_t weight_need = std::min(buffering, weight_blocks);
  if (weight_fit < weight_need) return false;
  tiling.weight_slots = std::min({weight_fit, std::max(weight_wish, weight_need), weight_blocks});

  const Bytes whole_room = map_room(problem, arch);
  const Bytes room =
      shared > 0 ? std::min(whole_room, shared - tiling.weight_slots * tiling.weight_slot_bytes) : whole_room;
  const Bytes rest = room - tiling.output_slots * tiling.output_slot_bytes;
  if (rest < 0) return false;
  const std::int64_t input_fit = tiling.input_slot_bytes == 0 ? 1 : rest / tiling.input_slot_bytes;
  const std::int64_t input_wish =
      tiling.order == LoopOrder::kWeightsOuter ? std::max(input_need, pixel_tiles * in_tiles) : 2 * in_tiles;
  if (input_fit < input_need) return false;
  tiling.input_slots = std::min({input_fit, std::max(input_wish, input_need), input_blocks});
  tiling.spare_map_bytes = rest - tiling.input_slots * tiling.input_slot_bytes;
  return true;
}

void add_output_slot(const ConvProblem& problem, ConvTiling& tiling) {
  const std::int64_t tiles = problem.images * tiling.rows.count() * tiling.columns.count() *
                             tiling.out_channels.count() * problem.groups;
  if (tiling.output_slot_bytes == 0) return;
  if (tiling.output_slots >= tiles || tiling.spare_map_bytes < tiling.output_slot_bytes) return;
  ++tiling.output_slots;
  tiling.spare_map_bytes -= tiling.output_slot_bytes;
}

namespace {

Bytes smallest_input_bytes(const ConvProblem& problem, const hw::ArchConfig& arch) {
  return std::min(problem.rows.in_size, problem.row_window().kernel) *
         std::min(problem.columns.in_size, problem.column_window().kernel) * arch.data.activation_bytes();
}

}  // namespace

const char* loop_order_name(LoopOrder order) {
  return order == LoopOrder::kWeightsOuter ? "weights outer" : "pixels outer";
}

namespace {

// The smallest tile has one output pixel, one input and one output channel; says which memory is too small.
[[noreturn]] void refuse(const ConvProblem& problem, const hw::ArchConfig& arch, const std::string& layer) {
  const Bytes weights = round_up(weight_block_size(1, 1, problem, arch), kParameterAlignment);
  const Bytes maps = round_up(smallest_input_bytes(problem, arch), kParameterAlignment) +
                     round_up(Bytes{arch.data.activation_bytes()}, kParameterAlignment);
  const std::string tile = fmt::format("layer '{}': the smallest tile ({}x{} window, one channel)", layer,
                                       problem.rows.kernel, problem.columns.kernel);
  if (weights > arch.weight_sram.capacity_bytes) {
    throw CapacityError(tile + " in weight SRAM", weights, arch.weight_sram.capacity_bytes);
  }
  if (maps > map_room(problem, arch)) {
    throw CapacityError(tile + " in the global buffer", maps, map_room(problem, arch));
  }
  const Bytes shared = arch.execution.shared_buffer_bytes;
  if (shared > 0 && weights + maps > shared) {
    throw CapacityError(tile + " in the shared buffer", weights + maps, shared);
  }
  throw GraphError(layer,
                   fmt::format("no tile fits the fields of the CONV instruction: {}x{} window, padding "
                               "{} and {} in front of {}x{} pixels",
                               problem.rows.kernel, problem.columns.kernel, problem.rows.pad_before,
                               problem.columns.pad_before, problem.rows.in_size, problem.columns.in_size));
}

}  // namespace

namespace {

// In a fully connected layer both dataflows give every PE a weight of its own and memory decides the time:
// weight stationary then needs one register access a MAC less.
bool prefers_ws(const ConvProblem& problem, const ConvCost& ws, const ConvCost& os) {
  constexpr double kTie = 1.02;
  const bool single_pixel = problem.out_height == 1 && problem.out_width == 1;
  return ws.objective <= os.objective * (single_pixel ? kTie : 1.0);
}

}  // namespace

std::optional<ConvPlan> find_plan(const ConvProblem& problem, const hw::ArchConfig& arch,
                                  MapperEffort effort) {
  const auto [ws, os] = search_tilings(problem, arch, effort);
  if (!ws.tiling && !os.tiling) return std::nullopt;
  const bool take_ws = ws.tiling && (!os.tiling || prefers_ws(problem, ws.cost, os.cost));
  const BestTiling& best = take_ws ? ws : os;
  std::string reason;
  if (ws.tiling && os.tiling) {
    reason = fmt::format("predicted ws {:.0f}, os {:.0f} cycles", ws.cost.cycles, os.cost.cycles);
  } else {
    reason = fmt::format("the array runs {} only, predicted {:.0f} cycles", take_ws ? "ws" : "os",
                         best.cost.cycles);
  }
  return ConvPlan{*best.tiling, best.cost, reason};
}

ConvPlan plan_conv(const ConvProblem& problem, const hw::ArchConfig& arch, const std::string& layer,
                   MapperEffort effort) {
  auto plan = find_plan(problem, arch, effort);
  if (!plan) refuse(problem, arch, layer);
  return *std::move(plan);
}

}  // namespace npu::compiler
