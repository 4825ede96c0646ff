// Depthwise convolutions of the fast paths. For a group of channels that fits the first-level cache, output
// row by output row: input rows become factor lanes once and stay in a ring of window rows; sums are finished
// row by row.
#pragma once

#include <cstdint>
#include <vector>

#include "hw/kernels/aligned_vector.h"
#include "hw/kernels/packed_conv.h"

namespace npu::hw {

class DepthwiseFast {
 public:
  /// Executes one depthwise CONV. Returns the number of saturated outputs.
  std::int64_t run(const Conv& conv, const ConvOperands& operands, const PackedConv& packed);

 private:
  struct Group;

  std::int64_t run_group(const Conv& conv, const ConvOperands& operands, const PackedConv& packed,
                         const Group& group);
  void build_row(const Conv& conv, const ConvOperands& operands, const FastPath& path, const Group& group,
                 std::int64_t in_row, std::uint8_t* to);

  std::vector<std::uint8_t> padding_pixel_;   ///< zero points of one group
  std::vector<const std::uint8_t*> columns_;  ///< pixels of one input row with its padding
  std::vector<std::uint8_t> copied_row_;      ///< pixels of a group that is not whole blocks
  AlignedVector<std::uint8_t> ring_;          ///< [window row][lane of the row][out column][channel] lanes
  std::vector<const std::uint8_t*> taps_;     ///< [window row][lane of the row] into the ring
  AlignedVector<std::int32_t> sums_;          ///< [out column][channel]
};

}  // namespace npu::hw
