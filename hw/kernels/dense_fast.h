// Dense convolutions of the fast paths: 1. the input tile is copied with its padding and converted to
// factors; 2. for a chunk of pixels that fits the first-level cache, products are summed for all output
// channels; 3. the chunk's sums are finished while they are hot.
#pragma once

#include <cstdint>
#include <vector>

#include "hw/kernels/aligned_vector.h"
#include "hw/kernels/packed_conv.h"

namespace npu::hw {

class DenseFast {
 public:
  /// Executes one dense CONV. Returns the number of saturated outputs.
  std::int64_t run(const Conv& conv, const ConvOperands& operands, const PackedConv& packed);

 private:
  void build_patch(const Conv& conv, const ConvOperands& operands, const FastPath& path);
  void list_pixels(const Conv& conv, std::int64_t pixel_bytes);

  AlignedVector<std::uint8_t> patch_;  ///< factors of the input with its padding, [row][column][channel]
  std::vector<std::uint8_t> padding_pixel_;  ///< one pixel of zero points
  std::vector<std::int64_t> pixel_offsets_;  ///< [out pixel] bytes into the patch
  AlignedVector<std::int32_t> sums_;
};

}  // namespace npu::hw
