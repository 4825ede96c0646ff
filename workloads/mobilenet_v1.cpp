#include "workloads/mobilenet_v1.h"

#include <fmt/core.h>

#include <array>

namespace npu::workloads {
namespace {

constexpr std::int64_t kImageNetSide = 224;
constexpr std::int64_t kStemChannels = 32;

/// One pair: channels behind the 1x1 convolution, stride of the depthwise one.
struct Pair {
  int channels;
  int stride;
};
constexpr std::array<Pair, 13> kPairs{{{64, 1},
                                       {128, 2},
                                       {128, 1},
                                       {256, 2},
                                       {256, 1},
                                       {512, 2},
                                       {512, 1},
                                       {512, 1},
                                       {512, 1},
                                       {512, 1},
                                       {512, 1},
                                       {1024, 2},
                                       {1024, 1}}};

}  // namespace

compiler::Graph build(const MobileNetV1Parameters& parameters, const BuildOptions& options) {
  const bool small = parameters.form == InputForm::kSmall;
  NetworkBuilder builder(options, input_shape(parameters.form, kImageNetSide));
  const auto layer = [&](const ConvLayer& conv, const Value& in) {
    return builder.relu6(builder.conv_norm(conv, in));
  };
  Value value = layer({"stem", scaled_channels(kStemChannels, parameters.width_percent),
                       square_window(3, small ? 1 : 2, 1), 1},
                      builder.input());
  for (std::size_t index = 0; index < kPairs.size(); ++index) {
    const std::int64_t channels = value.shape.channels;
    const int stride = small && index == 1 ? 1 : kPairs[index].stride;
    value = layer({fmt::format("depthwise{}", index + 1), channels, square_window(3, stride, 1), channels},
                  value);
    value =
        layer({fmt::format("pointwise{}", index + 1),
               scaled_channels(kPairs[index].channels, parameters.width_percent), square_window(1, 1, 0), 1},
              value);
  }
  return builder.finish(builder.classifier("classifier", value, classes(parameters.form)));
}

}  // namespace npu::workloads
