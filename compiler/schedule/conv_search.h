// The mapper's search over tilings of one convolution. Internal to compiler/schedule.
#pragma once

#include <optional>

#include "compiler/schedule/conv_tiling.h"
#include "hw/isa/field_tools.h"

namespace npu::compiler {

// What the fields of a CONV hold, looked up once.
struct FieldLimits {
  std::int64_t in_channels = hw::field_maximum(&hw::Conv::in_channels);
  std::int64_t in_pixel_stride = hw::field_maximum(&hw::Conv::in_pixel_stride);
  std::int64_t in_row_stride = hw::field_maximum(&hw::Conv::in_row_stride);
  std::int64_t in_height = hw::field_maximum(&hw::Conv::in_height);
  std::int64_t in_width = hw::field_maximum(&hw::Conv::in_width);
  std::int64_t out_channels = hw::field_maximum(&hw::Conv::out_channels);
  std::int64_t out_pixel_stride = hw::field_maximum(&hw::Conv::out_pixel_stride);
  std::int64_t out_row_stride = hw::field_maximum(&hw::Conv::out_row_stride);
  std::int64_t out_height = hw::field_maximum(&hw::Conv::out_height);
  std::int64_t out_width = hw::field_maximum(&hw::Conv::out_width);
  std::int64_t pad_top = hw::field_maximum(&hw::Conv::pad_top);
  std::int64_t pad_left = hw::field_maximum(&hw::Conv::pad_left);
};

/// Every size that the tile brings into an instruction fits its field.
bool fields_hold(const ConvProblem& problem, const ConvTiling& tiling, const hw::ArchConfig& arch,
                 const FieldLimits& limits);
/// The accumulator store holds what the tile parks there.
bool accumulators_hold(const ConvProblem& problem, const ConvTiling& tiling, const hw::ArchConfig& arch);
/// Fills in slot sizes and counts: at least `buffering` wherever there are so many tiles, more where that
/// saves re-reading. False if the buffers are too small.
bool assign_slots(const ConvProblem& problem, const hw::ArchConfig& arch, std::int64_t buffering,
                  ConvTiling& tiling);

/// One more slot for outputs, if there is room and a tile for it: where results leave the array while the
/// next tile is computed, a tile's outputs pass through three stages, not two.
void add_output_slot(const ConvProblem& problem, ConvTiling& tiling);

struct BestTiling {
  std::optional<ConvTiling> tiling;
  ConvCost cost;
};
struct BestTilings {
  BestTiling weight_stationary;
  BestTiling output_stationary;
};

/// The tiling with the smallest objective for each dataflow that the array has; none where nothing fits. One
/// buffer for loading, computing and storing in turn is slow: only if double buffering fits nowhere.
BestTilings search_tilings(const ConvProblem& problem, const hw::ArchConfig& arch, MapperEffort effort);

}  // namespace npu::compiler
