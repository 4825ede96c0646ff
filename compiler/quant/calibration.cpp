#include "compiler/quant/calibration.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "compiler/data/float_runtime.h"
#include "hw/common/error.h"

namespace npu::compiler {
namespace {

/// Running extremes and sums of one value. Sums are double: thousands of maps of thousands of pixels.
struct Accumulated {
  std::vector<float> minimum;  ///< [channel]
  std::vector<float> maximum;
  std::vector<double> channel_sum;
};

void accumulate(Accumulated& total, const MapShape& shape, std::span<const float> data,
                const std::string& value) {
  const auto channels = static_cast<std::size_t>(shape.channels);
  total.minimum.resize(channels, INFINITY);
  total.maximum.resize(channels, -INFINITY);
  total.channel_sum.resize(channels, 0.0);
  const auto pixels = static_cast<std::size_t>(shape.height * shape.width);
  for (std::size_t channel = 0; channel < channels; ++channel) {
    const float* begin = data.data() + channel * pixels;
    const auto [low, high] = std::minmax_element(begin, begin + pixels);
    double sum = 0;
    for (std::size_t pixel = 0; pixel < pixels; ++pixel) sum += static_cast<double>(begin[pixel]);
    if (!std::isfinite(sum)) {  // also the only trace a NaN leaves: comparisons pass over it
      throw GraphError(value, "is infinite or not a number on a calibration input");
    }
    total.minimum[channel] = std::min(total.minimum[channel], *low);
    total.maximum[channel] = std::max(total.maximum[channel], *high);
    total.channel_sum[channel] += sum;
  }
}

ValueStatistics finish(const Accumulated& total, const MapShape& shape, std::int64_t inputs) {
  ValueStatistics statistics{*std::min_element(total.minimum.begin(), total.minimum.end()),
                             *std::max_element(total.maximum.begin(), total.maximum.end()),
                             {},
                             total.minimum,
                             total.maximum};
  const auto samples = static_cast<double>(shape.height * shape.width * inputs);
  for (const double sum : total.channel_sum)
    statistics.channel_mean.push_back(static_cast<float>(sum / samples));
  return statistics;
}

}  // namespace

Calibration calibrate(const Graph& canonical, std::int64_t inputs, const std::string& source,
                      const std::function<std::vector<float>(std::int64_t)>& next,
                      const std::function<void(std::int64_t done)>& progress, int threads) {
  if (inputs < 1)
    throw InputError(source, fmt::format("gives {} calibration inputs, expected at least 1", inputs));
  const ShapeMap shapes = infer_shapes(canonical);
  FloatRuntime runtime(canonical, threads);
  std::map<std::string, Accumulated> totals;
  for (std::int64_t i = 0; i < inputs; ++i) {
    runtime.run(next(i), [&](const std::string& value, std::span<const float> data) {
      accumulate(totals[value], shapes.at(value), data, value);
    });
    if (progress) progress(i + 1);
  }
  Calibration calibration{canonical.name, source, inputs, {}};
  for (const auto& [value, total] : totals)
    calibration.values[value] = finish(total, shapes.at(value), inputs);
  return calibration;
}

}  // namespace npu::compiler
