// What happens to partial sums once the products are added: earlier ones join them, and they go to the
// accumulator store or through the compounding unit. Shared by the dense and the depthwise fast paths.
#pragma once

#include <cstdint>

#include "hw/kernels/conv_operands.h"
#include "hw/kernels/packed_conv.h"

namespace npu::hw {

/// `pixels` output pixels from linear index `first_pixel` on, with sums [pixels][sum_stride]. Returns the
/// number of saturated outputs.
std::int64_t finish_sums(const Conv& conv, const ConvOperands& operands, const PackedConv& packed,
                         std::int64_t first_pixel, std::int64_t pixels, std::int32_t* sums,
                         std::int64_t sum_stride);

}  // namespace npu::hw
