#include "compiler/schedule/vector_tiling.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "hw/common/error.h"

namespace npu::compiler {
namespace {

constexpr Bytes kSlotAlignment = 16;
// Largest values of the VECTOR fields (hw/isa/fields.cpp).
constexpr std::int64_t kMaxExtent = 4096;
constexpr std::int64_t kMaxPixelStrideBytes = 65535;
constexpr std::int64_t kMaxRowStrideBytes = (1 << 20) - 1;

bool assign_slots(const VectorProblem& problem, const hw::ArchConfig& arch, VectorTiling& tiling) {
  const Bytes pixel_bytes = tiling.channels.tile * arch.data.activation_bytes();
  const std::int64_t in_rows = largest_input_extent(tiling.rows, problem.rows);
  const std::int64_t in_columns = largest_input_extent(tiling.columns, problem.columns);
  if (pixel_bytes > kMaxPixelStrideBytes || in_columns * pixel_bytes > kMaxRowStrideBytes ||
      in_rows > kMaxExtent || in_columns > kMaxExtent) {
    return false;
  }
  tiling.input_slot_bytes = round_up(in_rows * in_columns * pixel_bytes, kSlotAlignment);
  tiling.output_slot_bytes = round_up(tiling.rows.tile * tiling.columns.tile * pixel_bytes, kSlotAlignment);
  const std::int64_t tiles = tiling.rows.count() * tiling.columns.count() * tiling.channels.count();
  tiling.slots = std::min<std::int64_t>(2, tiles);
  return tiling.slots * (problem.operands * tiling.input_slot_bytes + tiling.output_slot_bytes) <=
         arch.global_buffer.capacity_bytes;
}

double predict_cycles(const VectorProblem& problem, const hw::ArchConfig& arch, const VectorTiling& tiling) {
  const Bytes pixel_bytes = tiling.channels.tile * arch.data.activation_bytes();
  const bool whole = tiling.channels.count() == 1 && problem.dense;
  const auto bus_pixel =
      static_cast<double>(whole ? pixel_bytes : round_up(pixel_bytes, arch.dram.access_bytes));
  const auto slices = static_cast<double>(tiling.channels.count());
  const double in_bytes = bus_pixel * slices *
                          static_cast<double>(loaded_positions(tiling.rows, problem.rows)) *
                          static_cast<double>(loaded_positions(tiling.columns, problem.columns)) *
                          static_cast<double>(problem.operands);
  const double out_bytes = bus_pixel * slices * static_cast<double>(problem.out_height * problem.out_width);
  const auto tiles = static_cast<double>(tiling.rows.count() * tiling.columns.count()) * slices;
  const auto latency = static_cast<double>(arch.dram.latency_cycles);
  const double bandwidth = arch.dram.bytes_per_cycle;
  const double elements =
      static_cast<double>(problem.out_height * problem.out_width * problem.channels * problem.rows.kernel *
                          problem.columns.kernel * problem.operands);
  const double steady =
      std::max({(in_bytes + out_bytes) / bandwidth,
                tiles * static_cast<double>(problem.operands) * latency + in_bytes / bandwidth,
                elements / arch.vector_unit.lanes});
  return steady + 2 * latency + (in_bytes + out_bytes) / tiles / bandwidth +
         elements / tiles / arch.vector_unit.lanes;
}

}  // namespace

VectorTiling plan_vector(const VectorProblem& problem, const hw::ArchConfig& arch, const std::string& layer) {
  std::optional<VectorTiling> best;
  for (const std::int64_t columns : tile_candidates(problem.out_width, 1)) {
    for (const std::int64_t channels : tile_candidates(problem.channels, arch.vector_unit.lanes)) {
      for (const std::int64_t rows : tile_candidates(problem.out_height, 1)) {
        VectorTiling tiling;
        tiling.rows = {problem.out_height, rows};
        tiling.columns = {problem.out_width, columns};
        tiling.channels = {problem.channels, channels};
        if (!assign_slots(problem, arch, tiling)) continue;
        tiling.predicted_cycles = predict_cycles(problem, arch, tiling);
        if (!best || tiling.predicted_cycles < best->predicted_cycles) best = tiling;
      }
    }
    if (best) return *best;  // columns are cut only if no tile of whole rows fits
  }
  const Bytes smallest = std::min(problem.rows.in_size, problem.rows.kernel) *
                         std::min(problem.columns.in_size, problem.columns.kernel) *
                         arch.data.activation_bytes();
  throw CapacityError(
      fmt::format("layer '{}': the smallest tile does not fit twice into the global buffer", layer),
      2 * (problem.operands * smallest + arch.data.activation_bytes()), arch.global_buffer.capacity_bytes);
}

}  // namespace npu::compiler
