// The two kinds of images for which the families exist: ImageNet's and small ones of ten classes (CIFAR-10),
// for which the training program in workloads/train builds the same networks. Also the MobileNets' rule for
// widths.
#pragma once

#include <algorithm>
#include <cstdint>

#include "compiler/graph/graph.h"

namespace npu::workloads {

enum class InputForm { kImageNet, kSmall };

/// Three colours; `imagenet_side` pixels a side, or 32 in the small form.
inline compiler::MapShape input_shape(InputForm form, std::int64_t imagenet_side) {
  const std::int64_t side = form == InputForm::kSmall ? 32 : imagenet_side;
  return {3, side, side};
}

inline std::int64_t classes(InputForm form) { return form == InputForm::kSmall ? 10 : 1000; }

/// Channels of a MobileNet at a width: rounded to a multiple of 8 and not below nine tenths of the exact
/// number.
inline std::int64_t scaled_channels(std::int64_t channels, int width_percent) {
  const std::int64_t exact_hundredths = channels * width_percent;
  const std::int64_t rounded = std::max<std::int64_t>(8, (exact_hundredths + 400) / 800 * 8);
  return rounded * 1000 < exact_hundredths * 9 ? rounded + 8 : rounded;
}

}  // namespace npu::workloads
