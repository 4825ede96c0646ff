#include "workloads/squeezenet.h"

#include <fmt/core.h>

namespace npu::workloads {
namespace {

constexpr std::int64_t kClasses = 1000;
constexpr int kFirstFire = 2;
constexpr int kLastFire = 9;

/// Squeeze channels: 16, 16, 32, 32, 48, 48, 64, 64; each expansion has four times as many.
constexpr std::int64_t squeeze_channels(int fire) { return std::int64_t{16} * (fire / 2); }

Value append_fire(NetworkBuilder& builder, int number, const Value& in) {
  const std::string name = fmt::format("fire{}", number);
  const std::int64_t squeeze = squeeze_channels(number);
  const auto layer = [&](const char* part, std::int64_t channels, std::int64_t kernel, const Value& source) {
    return builder.relu(
        builder.conv_bias({name + part, channels, square_window(kernel, 1, kernel / 2), 1}, source));
  };
  const Value squeezed = layer(".squeeze", squeeze, 1, in);
  const Value small = layer(".expand1x1", 4 * squeeze, 1, squeezed);
  const Value large = layer(".expand3x3", 4 * squeeze, 3, squeezed);
  return builder.concat(name + ".concat", {small, large});
}

}  // namespace

compiler::Graph build(const SqueezeNetParameters& parameters, const BuildOptions& options) {
  NetworkBuilder builder(options, {3, parameters.input_side, parameters.input_side});
  compiler::Window pool = square_window(3, 2, 0);
  pool.ceil_mode = true;
  const ConvLayer stem{"conv1", parameters.stem_channels, square_window(parameters.stem_kernel, 2, 0), 1};
  Value value = builder.relu(builder.conv_bias(stem, builder.input()));
  value = builder.max_pool("pool1", value, pool);
  for (int fire = kFirstFire; fire <= kLastFire; ++fire) {
    value = append_fire(builder, fire, value);
    if (fire == parameters.pools_behind[0] || fire == parameters.pools_behind[1]) {
      value = builder.max_pool(fmt::format("pool{}", fire), value, pool);
    }
  }
  value = builder.relu(builder.score_maps("conv10", value, kClasses));
  return builder.finish(builder.flatten("flatten", builder.global_average_pool("pool10", value)));
}

}  // namespace npu::workloads
