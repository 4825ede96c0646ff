#include "compiler/schedule/vector_tiling.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "hw/common/error.h"
#include "hw/isa/field_tools.h"
#include "hw/isa/fields.h"
#include "hw/timing/vector_timing.h"

namespace npu::compiler {
namespace {

constexpr Bytes kSlotAlignment = 16;
// What the fields of a VECTOR hold, looked up once.
struct FieldLimits {
  std::int64_t channels = hw::field_maximum(&hw::Vector::channels);
  std::int64_t pixel_stride = hw::field_maximum(&hw::Vector::a_pixel_stride);
  std::int64_t in_row_stride = hw::field_maximum(&hw::Vector::a_row_stride);
  std::int64_t out_row_stride = hw::field_maximum(&hw::Vector::out_row_stride);
  std::int64_t in_height = hw::field_maximum(&hw::Vector::in_height);
  std::int64_t in_width = hw::field_maximum(&hw::Vector::in_width);
  std::int64_t out_height = hw::field_maximum(&hw::Vector::out_height);
  std::int64_t out_width = hw::field_maximum(&hw::Vector::out_width);
};

bool fields_hold(const VectorProblem& problem, const hw::ArchConfig& arch, const VectorTiling& tiling,
                 const FieldLimits& limits) {
  const Bytes pixel_bytes = tiling.channels.tile * arch.data.activation_bytes();
  const std::int64_t in_rows = largest_input_extent(tiling.rows, problem.rows);
  const std::int64_t in_columns = largest_input_extent(tiling.columns, problem.columns);
  return tiling.channels.tile <= limits.channels && pixel_bytes <= limits.pixel_stride &&
         in_columns * pixel_bytes <= limits.in_row_stride &&
         tiling.columns.tile * pixel_bytes <= limits.out_row_stride && in_rows <= limits.in_height &&
         in_columns <= limits.in_width && tiling.rows.tile <= limits.out_height &&
         tiling.columns.tile <= limits.out_width;
}

std::int64_t loaded_operands(const VectorProblem& problem) {
  return problem.operands - problem.operands_on_chip;
}

// Layers with maps alone have a shared buffer to themselves.
Bytes map_room(const VectorProblem& problem, const hw::ArchConfig& arch) {
  if (problem.map_room_bytes > 0) return problem.map_room_bytes;
  const Bytes shared = arch.execution.shared_buffer_bytes;
  return shared > 0 ? std::min(arch.global_buffer.capacity_bytes, shared) : arch.global_buffer.capacity_bytes;
}

// Slot sizes, and as many slots as `buffering` says where there are so many tiles. False if they do not fit.
bool assign_slots(const VectorProblem& problem, const hw::ArchConfig& arch, std::int64_t buffering,
                  VectorTiling& tiling) {
  const Bytes pixel_bytes = tiling.channels.tile * arch.data.activation_bytes();
  const std::int64_t in_rows = largest_input_extent(tiling.rows, problem.rows);
  const std::int64_t in_columns = largest_input_extent(tiling.columns, problem.columns);
  tiling.input_slot_bytes = round_up(in_rows * in_columns * pixel_bytes, kSlotAlignment);
  tiling.output_slot_bytes =
      problem.output_on_chip ? 0
                             : round_up(tiling.rows.tile * tiling.columns.tile * pixel_bytes, kSlotAlignment);
  const std::int64_t tiles =
      problem.images * tiling.rows.count() * tiling.columns.count() * tiling.channels.count();
  tiling.slots = std::min(buffering, tiles);
  return tiling.slots * (loaded_operands(problem) * tiling.input_slot_bytes + tiling.output_slot_bytes) <=
         map_room(problem, arch);
}

// As conv_cost: the vector unit or the memory decides, and memory pays the latency of every load.
void predict(const VectorProblem& problem, const hw::ArchConfig& arch, VectorTiling& tiling) {
  const Bytes element = arch.data.activation_bytes();
  const bool whole = tiling.channels.count() == 1 && problem.dense;
  const auto bus_pixel =
      static_cast<double>(run_bus_bytes(tiling.channels.tile * element, whole, arch.dram.access_bytes));
  const auto slices = static_cast<double>(tiling.channels.count() * problem.images);
  const double in_bytes = bus_pixel * slices *
                          static_cast<double>(loaded_positions(tiling.rows, problem.rows)) *
                          static_cast<double>(loaded_positions(tiling.columns, problem.columns)) *
                          static_cast<double>(loaded_operands(problem));
  const double out_bytes =
      problem.output_on_chip
          ? 0
          : bus_pixel * slices * static_cast<double>(problem.out_height * problem.out_width);
  const auto tiles = static_cast<double>(tiling.rows.count() * tiling.columns.count()) * slices;
  const auto latency = static_cast<double>(arch.dram.latency_cycles);
  const double bandwidth = arch.dram.bytes_per_cycle;
  const auto steps = static_cast<double>(problem.images * problem.out_height * problem.out_width *
                                         problem.channels * problem.rows.kernel * problem.columns.kernel);
  const double reads = steps * static_cast<double>(problem.operands * element);
  const double work = tiles * static_cast<double>(hw::kVectorStages) +
                      std::max(steps / arch.vector_unit.lanes, reads / arch.global_buffer.width_bytes);
  const auto loads = static_cast<double>(loaded_operands(problem));
  const double instructions = tiles * (loads + (problem.output_on_chip ? 1 : 2));
  const double fetched = arch.command_processor.fetches_from_dram
                             ? instructions * static_cast<double>(hw::kInstructionBytes)
                             : 0;
  const double memory = tiles * loads * latency + (in_bytes + out_bytes + fetched) / bandwidth;
  // Where layers overlap, the first tile is fetched while the layer before ends.
  const bool load_exposed = loads > 0;
  const double load = load_exposed ? latency + in_bytes / tiles / bandwidth : 0;
  const double store = problem.output_on_chip ? 0 : latency + out_bytes / tiles / bandwidth;
  const double last_latency = problem.output_on_chip ? 0 : latency;
  tiling.dram_bytes = in_bytes + out_bytes;
  tiling.predicted_cycles = std::max(load + work + store, memory + work / tiles + last_latency);
}

// Columns are cut only if no tile of whole rows fits.
std::optional<VectorTiling> search(const VectorProblem& problem, const hw::ArchConfig& arch,
                                   std::int64_t buffering) {
  const FieldLimits limits;
  std::optional<VectorTiling> best;
  for (const std::int64_t columns : tile_candidates(problem.out_width, 1)) {
    for (const std::int64_t channels : tile_candidates(problem.channels, arch.dram.access_bytes)) {
      for (const std::int64_t rows : tile_candidates(problem.out_height, 1)) {
        VectorTiling tiling;
        tiling.rows = {problem.out_height, rows};
        tiling.columns = {problem.out_width, columns};
        tiling.channels = {problem.channels, channels};
        if (!fields_hold(problem, arch, tiling, limits) || !assign_slots(problem, arch, buffering, tiling))
          continue;
        predict(problem, arch, tiling);
        if (!best || tiling.predicted_cycles < best->predicted_cycles) best = tiling;
      }
    }
    if (best) break;
  }
  return best;
}

// The smallest tile has one output pixel and one channel; says which memory is too small.
[[noreturn]] void refuse(const VectorProblem& problem, const hw::ArchConfig& arch, const std::string& layer) {
  const Bytes window = std::min(problem.rows.in_size, problem.rows.kernel) *
                       std::min(problem.columns.in_size, problem.columns.kernel) *
                       arch.data.activation_bytes();
  const Bytes needed = problem.operands * round_up(window, kSlotAlignment) +
                       round_up(Bytes{arch.data.activation_bytes()}, kSlotAlignment);
  const Bytes shared_bytes = arch.execution.shared_buffer_bytes;
  const bool shared = shared_bytes > 0 && shared_bytes < arch.global_buffer.capacity_bytes;
  if (needed > map_room(problem, arch)) {
    throw CapacityError(
        fmt::format("layer '{}': the smallest tile ({}x{} window, one channel) in the {} buffer", layer,
                    problem.rows.kernel, problem.columns.kernel, shared ? "shared" : "global"),
        needed, map_room(problem, arch));
  }
  throw GraphError(layer,
                   fmt::format("no tile fits the fields of the VECTOR instruction: {}x{} window on "
                               "{}x{} pixels, input tiles have at most {}x{}",
                               problem.rows.kernel, problem.columns.kernel, problem.rows.in_size,
                               problem.columns.in_size, FieldLimits{}.in_height, FieldLimits{}.in_width));
}

}  // namespace

std::optional<VectorTiling> find_vector_plan(const VectorProblem& problem, const hw::ArchConfig& arch) {
  // One buffer for loading, computing and storing in turn is slow: only if double buffering fits nowhere.
  for (const std::int64_t buffering : {2, 1}) {
    if (const auto best = search(problem, arch, buffering)) return best;
  }
  return std::nullopt;
}

VectorTiling plan_vector(const VectorProblem& problem, const hw::ArchConfig& arch, const std::string& layer) {
  if (const auto best = find_vector_plan(problem, arch)) return *best;
  refuse(problem, arch, layer);
}

}  // namespace npu::compiler
