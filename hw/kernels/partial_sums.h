// What happens to partial sums once the products are added: earlier ones join them, and they go to the
// accumulator store or through the compounding unit. Shared by the dense and the depthwise fast paths.
#pragma once

#include <cstdint>

#include "hw/kernels/conv_operands.h"
#include "hw/kernels/packed_conv.h"

namespace npu::hw {

/// Sums of some output pixels and channels: [pixels][stride], from `first_channel` of linear pixel
/// `first_pixel` on.
struct SumBlock {
  std::int64_t first_pixel = 0;
  std::int64_t pixels = 0;
  std::int64_t first_channel = 0;  ///< a multiple of kBlockChannels
  std::int64_t channels = 0;
  std::int32_t* sums = nullptr;
  std::int64_t stride = 0;
};

/// Returns the number of saturated outputs.
std::int64_t finish_sums(const Conv& conv, const ConvOperands& operands, const PackedConv& packed,
                         const SumBlock& block);

}  // namespace npu::hw
