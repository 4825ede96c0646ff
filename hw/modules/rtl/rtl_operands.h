// A CONV's operands by position, as the sequencers of the RTL array ask for them.
#pragma once

#include <cstdint>

#include "hw/modules/rtl/rtl_driver.h"

namespace npu::hw {

/// Operands by position, 0 outside.
class RtlOperands {
 public:
  explicit RtlOperands(const RtlConv& work) : work_(work), conv_(work.conv) {
    rows_ = (conv_.out_height - 1) * conv_.stride_height + conv_.kernel_height;
    columns_ = (conv_.out_width - 1) * conv_.stride_width + conv_.kernel_width;
  }
  std::int32_t activation(std::int64_t row, std::int64_t column, std::int64_t channel) const {
    if (row >= rows_ || column >= columns_ || channel >= conv_.in_channels) return 0;
    const auto at = static_cast<std::size_t>((row * columns_ + column) * conv_.in_channels + channel);
    return static_cast<std::int8_t>(work_.activations[at]);
  }
  std::int32_t weight(std::int64_t out_channel, std::int64_t tap, std::int64_t channel) const {
    if (out_channel >= conv_.out_channels || channel >= conv_.in_channels) return 0;
    const std::int64_t taps = conv_.kernel_height * conv_.kernel_width;
    const std::int64_t at = conv_.depthwise != 0 ? tap * conv_.out_channels + out_channel
                                                 : (out_channel * taps + tap) * conv_.in_channels + channel;
    return static_cast<std::int8_t>(work_.weights[static_cast<std::size_t>(at)]);
  }

 private:
  const RtlConv& work_;
  const Conv& conv_;
  std::int64_t rows_, columns_;
};

}  // namespace npu::hw
