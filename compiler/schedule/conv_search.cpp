// 1. Candidate tile sizes for each axis; what a row or column tile loads is worked out once for each.
// 2. For each box of rows x columns x out x in channels that fits: both loop orders, both dataflows. Traffic
//    does not depend on the dataflow, the array's cycles do not depend on the loop order.
// 3. A tiling whose traffic alone costs more than the best one so far is dropped before its array cycles are
//    worked out.
// Columns are cut only if no tile of whole rows fits (shorter runs help nobody), and the reduction only if it
// fits nowhere as a whole (it parks partial sums); the thorough search tries both anyway.
#include "compiler/schedule/conv_search.h"

#include <algorithm>
#include <array>
#include <vector>

#include "compiler/schedule/conv_cost.h"
#include "hw/timing/conv_timing.h"

namespace npu::compiler {
namespace {

/// Parts into which the thorough search cuts columns and reductions at most, where it need not.
constexpr std::int64_t kMostOptionalParts = 4;
/// A reduction may be cut into more parts: on small buffers, narrow slices of large tiles re-read less.
constexpr std::int64_t kMostOptionalSplits = 16;

struct PixelAxis {
  TileAxis axis;
  std::int64_t loaded = 0;  ///< input positions that all tiles load
};

std::vector<std::int64_t> sizes(std::int64_t size, std::int64_t granule, MapperEffort effort) {
  return effort == MapperEffort::kThorough ? tile_candidates(size, granule)
                                           : halving_candidates(size, granule);
}

std::vector<PixelAxis> pixel_axes(std::int64_t size, const WindowAxis& window, std::int64_t granule,
                                  MapperEffort effort) {
  std::vector<PixelAxis> axes;
  for (const std::int64_t tile : sizes(size, granule, effort)) {
    axes.push_back({{size, tile}, loaded_positions({size, tile}, window)});
  }
  return axes;
}

class Search {
 public:
  Search(const ConvProblem& problem, const hw::ArchConfig& arch, std::int64_t buffering, MapperEffort effort)
      : problem_(problem),
        arch_(arch),
        buffering_(buffering),
        thorough_(effort == MapperEffort::kThorough),
        rows_(pixel_axes(problem.out_height, problem.row_window(), arch.pe_array.rows, effort)),
        columns_(pixel_axes(problem.out_width, problem.column_window(), arch.pe_array.columns, effort)),
        out_channels_(sizes(problem.out_channels, arch.pe_array.columns, effort)),
        in_channels_(problem.depthwise ? std::vector<std::int64_t>{problem.in_channels}
                                       : sizes(problem.in_channels, arch.pe_array.rows, effort)) {
    const auto available = [&](hw::Dataflow flow, bool has) {
      State& state = states_[static_cast<std::size_t>(flow)];
      state.available = has;
      if (has) state.least_array_cycles = least_array_cycles(flow);
    };
    available(hw::Dataflow::kWeightStationary, arch.pe_array.weight_stationary);
    available(hw::Dataflow::kOutputStationary, arch.pe_array.output_stationary);
  }

  BestTilings run() {
    for (const PixelAxis& columns : columns_) {
      const bool optional = thorough_ && columns.axis.count() <= kMostOptionalParts;
      if (!optional && !any_missing()) break;
      try_columns(columns, optional);
    }
    return {states_[0].best, states_[1].best};
  }

 private:
  struct State {
    bool available = false;
    double least_array_cycles = 0;
    BestTiling best;
  };

  bool any_missing() const {
    return std::any_of(states_.begin(), states_.end(),
                       [](const State& state) { return state.available && !state.best.tiling; });
  }

  // No tiling needs fewer (nor do pools, which make tiles compute more): every MAC that is not skipped, on
  // every PE in every cycle.
  double least_array_cycles(hw::Dataflow flow) const {
    hw::ConvWork work;
    work.out_height = problem_.out_height;
    work.out_width = problem_.out_width;
    work.in_channels = problem_.in_channels;
    work.out_channels = problem_.out_channels;
    work.kernel_height = problem_.rows.kernel;
    work.kernel_width = problem_.columns.kernel;
    work.depthwise = problem_.depthwise;
    double kept = 1.0;
    if (flow == hw::Dataflow::kOutputStationary)
      kept -= hw::skipped_fraction(problem_.zero_share, arch_.pe_array);
    return kept * static_cast<double>(problem_.images * work.macs()) / arch_.pe_array.pe_count();
  }

  void try_columns(const PixelAxis& columns, bool optional) {
    for (const std::int64_t in_channels : in_channels_) {
      const TileAxis in_axis{problem_.in_channels, in_channels};
      const bool optional_split = thorough_ && optional && in_axis.count() <= kMostOptionalSplits;
      if (in_axis.count() > 1 && !optional_split && !any_missing()) break;
      for (const PixelAxis& rows : rows_) {
        for (const std::int64_t out_channels : out_channels_) {
          ConvTiling tiling;
          tiling.rows = rows.axis;
          tiling.columns = columns.axis;
          tiling.out_channels = {problem_.out_channels, out_channels};
          tiling.in_channels = in_axis;
          if (!fields_hold(problem_, tiling, arch_, limits_)) continue;
          try_box(tiling,
                  static_cast<double>(problem_.images * rows.loaded) * static_cast<double>(columns.loaded));
        }
      }
    }
  }

  void try_box(ConvTiling& tiling, double loaded_pixels) {
    std::array<std::optional<ArrayDemand>, 2> demands;  // by dataflow, once they are needed
    for (const LoopOrder order : {LoopOrder::kWeightsOuter, LoopOrder::kPixelsOuter}) {
      tiling.order = order;
      if (!assign_slots(problem_, arch_, buffering_, tiling)) continue;
      const TilingTraffic traffic = tiling_traffic(problem_, tiling, loaded_pixels, arch_);
      for (std::size_t flow = 0; flow < states_.size(); ++flow) {
        State& state = states_[flow];
        tiling.dataflow = static_cast<hw::Dataflow>(flow);
        if (!state.available || !accumulators_hold(problem_, tiling, arch_)) continue;
        std::optional<ArrayDemand>& demand = demands[flow];
        if (state.best.tiling && !demand &&
            joined_cost(traffic, {state.least_array_cycles, 0}, tiling, arch_).objective >=
                state.best.cost.objective) {
          continue;
        }
        if (!demand) demand = array_demand(problem_, tiling, arch_);
        ConvTiling slotted = tiling;
        if (demand->results_leave > 0) add_output_slot(problem_, slotted);
        const ConvCost cost = joined_cost(traffic, *demand, slotted, arch_);
        if (!state.best.tiling || cost.objective < state.best.cost.objective) state.best = {slotted, cost};
      }
    }
  }

  const ConvProblem& problem_;
  const hw::ArchConfig& arch_;
  std::int64_t buffering_;
  FieldLimits limits_;
  bool thorough_;
  std::vector<PixelAxis> rows_;
  std::vector<PixelAxis> columns_;
  std::vector<std::int64_t> out_channels_;
  std::vector<std::int64_t> in_channels_;
  std::array<State, 2> states_;  ///< by dataflow
};

}  // namespace

BestTilings search_tilings(const ConvProblem& problem, const hw::ArchConfig& arch, MapperEffort effort) {
  BestTilings best = Search(problem, arch, 2, effort).run();
  if (best.weight_stationary.tiling || best.output_stationary.tiling) return best;
  return Search(problem, arch, 1, effort).run();
}

}  // namespace npu::compiler
