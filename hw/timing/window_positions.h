// Positions that the windows of a convolution or pool touch along one axis. Padding is never read.
#pragma once

#include <algorithm>
#include <cstdint>

namespace npu::hw {

/// One axis of a sliding window: output o covers inputs [o * stride - pad, o * stride - pad + kernel).
struct WindowAxis {
  std::int64_t outputs = 0;
  std::int64_t kernel = 1;
  std::int64_t stride = 1;
  std::int64_t pad = 0;
  std::int64_t in_extent = 0;
};

/// Real input positions read, where outputs are taken in blocks of `block` and each block reads a position
/// once. block = 1: every window reads its own; block >= outputs: distinct positions of the whole axis.
constexpr std::int64_t positions_read(const WindowAxis& axis, std::int64_t block) {
  std::int64_t positions = 0;
  std::int64_t read_up_to = 0;
  for (std::int64_t output = 0; output < axis.outputs; ++output) {
    if (output % block == 0) read_up_to = 0;
    const std::int64_t window = output * axis.stride - axis.pad;
    const std::int64_t begin = std::max(window, read_up_to);
    const std::int64_t end = std::min(window + axis.kernel, axis.in_extent);
    positions += std::max<std::int64_t>(0, end - begin);
    read_up_to = std::max(read_up_to, end);
  }
  return positions;
}

}  // namespace npu::hw
