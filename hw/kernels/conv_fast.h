// CONV by vector instructions: 8-bit data, 32-bit accumulators, half_up. Everything else is left to
// conv_scalar.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "hw/kernels/aligned_vector.h"
#include "hw/kernels/packed_conv.h"

namespace npu::hw {

class FastConv {
 public:
  FastConv(const MachineFormat& format, const FastPath& path) : cache_(format, path) {}

  /// Executes one CONV as conv_scalar does, or does nothing and returns nullopt where only that is exact.
  std::optional<std::int64_t> run(const Conv& conv, std::int64_t pc, const ConvOperands& operands);

 private:
  std::int64_t run_dense(const Conv& conv, const ConvOperands& operands, const PackedConv& packed);
  std::int64_t run_depthwise(const Conv& conv, const ConvOperands& operands, const PackedConv& packed);
  void build_patch(const Conv& conv, const ConvOperands& operands, const FastPath& path);
  void build_lane_row(const Conv& conv, const ConvOperands& operands, const FastPath& path,
                      std::int64_t in_row, std::uint8_t* to);

  PackedConvCache cache_;
  AlignedVector<std::uint8_t> patch_;        ///< dense: the input with its padding, converted
  std::vector<std::uint8_t> padding_pixel_;  ///< one pixel of zero points
  std::vector<std::int64_t> pixel_offsets_;
  AlignedVector<std::uint8_t> lane_rows_;  ///< depthwise: ring of window rows as lanes
  AlignedVector<std::uint8_t> row_;        ///< depthwise: one input row with its padding
  std::vector<const std::uint8_t*> taps_;
  AlignedVector<std::int32_t> sums_;
};

}  // namespace npu::hw
