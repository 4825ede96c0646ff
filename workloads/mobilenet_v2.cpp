#include "workloads/mobilenet_v2.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "workloads/network_builder.h"

namespace npu::workloads {
namespace {

constexpr std::int64_t kImageNetSide = 224;
constexpr std::int64_t kLastChannels = 1280;

/// One line of the paper's table 2.
struct Stage {
  int expansion;
  int channels;
  int blocks;
  int stride;
};
constexpr std::array<Stage, 7> kStages{{
    {1, 16, 1, 1},
    {6, 24, 2, 2},
    {6, 32, 3, 2},
    {6, 64, 4, 2},
    {6, 96, 3, 1},
    {6, 160, 3, 2},
    {6, 320, 1, 1},
}};

Value append_block(NetworkBuilder& builder, const std::string& name, const Value& in,
                   std::int64_t out_channels, int expansion, std::int64_t stride) {
  const std::int64_t hidden = in.shape.channels * expansion;
  Value value = in;
  if (expansion != 1) {
    value = builder.relu6(builder.conv_norm({name + ".expand", hidden, square_window(1, 1, 0), 1}, value));
  }
  value = builder.relu6(
      builder.conv_norm({name + ".depthwise", hidden, square_window(3, stride, 1), hidden}, value));
  value = builder.conv_norm({name + ".project", out_channels, square_window(1, 1, 0), 1}, value);
  return stride == 1 && in.shape.channels == out_channels ? builder.add(name + ".sum", in, value) : value;
}

}  // namespace

compiler::Graph build(const MobileNetV2Parameters& parameters, const BuildOptions& options) {
  const auto width = [&](std::int64_t channels) {
    return scaled_channels(channels, parameters.width_percent);
  };
  const bool small = parameters.form == InputForm::kSmall;
  NetworkBuilder builder(options, input_shape(parameters.form, kImageNetSide));
  Value value = builder.relu6(
      builder.conv_norm({"stem", width(32), square_window(3, small ? 1 : 2, 1), 1}, builder.input()));
  int number = 0;
  for (const Stage& stage : kStages) {
    const bool first_reduction = &stage == &kStages[1];
    for (int block = 0; block < stage.blocks; ++block) {
      const int stride = block > 0 || (small && first_reduction) ? 1 : stage.stride;
      value = append_block(builder, fmt::format("block{}", ++number), value, width(stage.channels),
                           stage.expansion, stride);
    }
  }
  const std::int64_t last = std::max(kLastChannels, width(kLastChannels));
  value = builder.relu6(builder.conv_norm({"last", last, square_window(1, 1, 0), 1}, value));
  return builder.finish(builder.classifier("classifier", value, classes(parameters.form)));
}

}  // namespace npu::workloads
