#include "hw/kernels/padded_input.h"

#include <algorithm>

#include "hw/kernels/element_access.h"

namespace npu::hw {

std::vector<std::uint8_t> padded_input(const Conv& conv, const MachineFormat& format,
                                       const MemoryView& memory) {
  const int width = format.activation_bytes();
  const std::int64_t rows = (conv.out_height - 1) * conv.stride_height + conv.kernel_height;
  const std::int64_t columns = (conv.out_width - 1) * conv.stride_width + conv.kernel_width;
  std::vector<std::uint8_t> padded(static_cast<std::size_t>(rows * columns * conv.in_channels * width));
  std::uint8_t* to = padded.data();
  for (std::int64_t row = 0; row < rows; ++row) {
    for (std::int64_t column = 0; column < columns; ++column, to += conv.in_channels * width) {
      const std::int64_t y = row - conv.pad_top;
      const std::int64_t x = column - conv.pad_left;
      if (y >= 0 && y < conv.in_height && x >= 0 && x < conv.in_width) {
        const std::int64_t from = conv.in_address + y * conv.in_row_stride + x * conv.in_pixel_stride;
        std::copy_n(memory.global_buffer.begin() + from, conv.in_channels * width, to);
        continue;
      }
      for (std::int64_t channel = 0; channel < conv.in_channels; ++channel) {
        store_activation(to, channel, static_cast<std::int32_t>(conv.in_zero_point), width);
      }
    }
  }
  return padded;
}

}  // namespace npu::hw
