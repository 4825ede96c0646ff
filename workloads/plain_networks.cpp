#include "workloads/plain_networks.h"

#include <fmt/core.h>

#include <span>

namespace npu::workloads {
namespace {

constexpr std::int64_t kClasses = 1000;
constexpr float kDarknetSlope = 0.1F;
constexpr std::int64_t kAlexNetSide = 227;
constexpr std::int64_t kVggSide = 224;
constexpr std::int64_t kDarknetSide = 224;

/// One convolution of a chain; `pool` is the kernel of the max pool behind it, of stride 2, or 0.
struct Link {
  std::int64_t channels;
  std::int64_t kernel;
  std::int64_t stride = 1;
  std::int64_t pad = 0;
  std::int64_t groups = 1;
  std::int64_t pool = 0;
};

constexpr Link kAlexNet[] = {{96, 11, 4, 0, 1, 3},
                             {256, 5, 1, 2, 2, 3},
                             {384, 3, 1, 1, 1, 0},
                             {384, 3, 1, 1, 2, 0},
                             {256, 3, 1, 1, 2, 3}};

constexpr Link same(std::int64_t channels, std::int64_t kernel, std::int64_t pool = 0) {
  return {channels, kernel, 1, kernel / 2, 1, pool};
}

// clang-format off
constexpr Link kVgg19[] = {same(64, 3), same(64, 3, 2), same(128, 3), same(128, 3, 2),
                           same(256, 3), same(256, 3), same(256, 3), same(256, 3, 2),
                           same(512, 3), same(512, 3), same(512, 3), same(512, 3, 2),
                           same(512, 3), same(512, 3), same(512, 3), same(512, 3, 2)};

constexpr Link kTinyDarknet[] = {same(16, 3, 2), same(32, 3, 2),
                                 same(16, 1), same(128, 3), same(16, 1), same(128, 3, 2),
                                 same(32, 1), same(256, 3), same(32, 1), same(256, 3, 2),
                                 same(64, 1), same(512, 3), same(64, 1), same(512, 3),
                                 same(128, 1)};
// clang-format on

ConvLayer layer_of(int number, const Link& link) {
  return {fmt::format("conv{}", number), link.channels, square_window(link.kernel, link.stride, link.pad),
          link.groups};
}

/// `append_layer` makes convolution and activation.
template <typename AppendLayer>
Value append_chain(NetworkBuilder& builder, std::span<const Link> links, AppendLayer append_layer) {
  Value value = builder.input();
  int number = 0;
  for (const Link& link : links) {
    value = append_layer(layer_of(++number, link), value);
    if (link.pool > 0) {
      value = builder.max_pool(fmt::format("pool{}", number), value, square_window(link.pool, 2, 0));
    }
  }
  return value;
}

/// Two hidden layers of 4096 units and the classifier, behind a chain with biases and ReLU.
compiler::Graph build_dense_head(std::span<const Link> links, std::int64_t side,
                                 const BuildOptions& options) {
  constexpr std::int64_t kHidden = 4096;
  NetworkBuilder builder(options, {3, side, side});
  Value value = append_chain(builder, links, [&](const ConvLayer& layer, const Value& in) {
    return builder.relu(builder.conv_bias(layer, in));
  });
  value = builder.flatten("flatten", value);
  const auto number = static_cast<int>(links.size());
  for (int hidden = 1; hidden <= 2; ++hidden) {
    value = builder.relu(builder.fully_connected(fmt::format("fc{}", number + hidden), value, kHidden));
  }
  return builder.finish(builder.fully_connected(fmt::format("fc{}", number + 3), value, kClasses));
}

compiler::Graph build_tiny_darknet(const BuildOptions& options) {
  NetworkBuilder builder(options, {3, kDarknetSide, kDarknetSide});
  Value value = append_chain(builder, kTinyDarknet, [&](const ConvLayer& layer, const Value& in) {
    return builder.leaky_relu(builder.conv_norm(layer, in), kDarknetSlope);
  });
  value = builder.score_maps("scores", value, kClasses);
  return builder.finish(builder.flatten("flatten", builder.global_average_pool("average", value)));
}

}  // namespace

compiler::Graph build(const PlainParameters& parameters, const BuildOptions& options) {
  switch (parameters.family) {
    case PlainParameters::Family::kAlexNet:
      return build_dense_head(kAlexNet, kAlexNetSide, options);
    case PlainParameters::Family::kVgg:
      return build_dense_head(kVgg19, kVggSide, options);
    case PlainParameters::Family::kTinyDarknet:
      break;
  }
  return build_tiny_darknet(options);
}

}  // namespace npu::workloads
