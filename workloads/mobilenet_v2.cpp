#include "workloads/mobilenet_v2.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "workloads/network_builder.h"

namespace npu::workloads {
namespace {

constexpr std::int64_t kInputSide = 224;
constexpr std::int64_t kLastChannels = 1280;
constexpr std::int64_t kClasses = 1000;

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

/// Scaled channels, rounded to a multiple of 8 and not below nine tenths of the exact number.
std::int64_t scaled(std::int64_t channels, int width_percent) {
  const std::int64_t exact_hundredths = channels * width_percent;
  const std::int64_t rounded = std::max<std::int64_t>(8, (exact_hundredths + 400) / 800 * 8);
  return rounded * 1000 < exact_hundredths * 9 ? rounded + 8 : rounded;
}

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

compiler::Graph build_mobilenet_v2(const std::string& name, const MobileNetV2Parameters& parameters,
                                   std::uint64_t seed) {
  const int width = parameters.width_percent;
  NetworkBuilder builder(name, {3, kInputSide, kInputSide}, seed);
  Value value = builder.relu6(
      builder.conv_norm({"stem", scaled(32, width), square_window(3, 2, 1), 1}, builder.input()));
  int number = 0;
  for (const Stage& stage : kStages) {
    for (int block = 0; block < stage.blocks; ++block) {
      value = append_block(builder, fmt::format("block{}", ++number), value, scaled(stage.channels, width),
                           stage.expansion, block == 0 ? stage.stride : 1);
    }
  }
  const std::int64_t last = std::max(kLastChannels, scaled(kLastChannels, width));
  value = builder.relu6(builder.conv_norm({"last", last, square_window(1, 1, 0), 1}, value));
  return builder.finish(builder.classifier("classifier", value, kClasses));
}

}  // namespace npu::workloads
