#include "compiler/quant/bias_correction.h"

#include "compiler/quant/window_geometry.h"

namespace npu::compiler {
namespace {

/// Fraction of the outputs along one axis for which each kernel position lies on the map.
std::vector<double> inside_fractions(std::int64_t outputs, std::int64_t kernel, std::int64_t stride,
                                     std::int64_t pad_before, std::int64_t size) {
  std::vector<double> fractions(static_cast<std::size_t>(kernel), 0.0);
  for (std::int64_t output = 0; output < outputs; ++output) {
    const RealSpan span = real_span(output, stride, pad_before, kernel, size);
    const std::int64_t start = output * stride - pad_before;
    for (std::int64_t position = span.begin; position < span.end; ++position) {
      fractions[static_cast<std::size_t>(position - start)] += 1.0 / static_cast<double>(outputs);
    }
  }
  return fractions;
}

}  // namespace

std::vector<double> bias_correction(const ConvOp& op, const MapShape& input, const QuantizedWeights& weights,
                                    const InputMeans& means) {
  const Window& window = op.window;
  const MapShape output = window_output_shape(window, input, op.out_channels);
  const auto row_fraction = inside_fractions(output.height, window.kernel_height, window.stride_height,
                                             window.pad_top, input.height);
  const auto column_fraction =
      inside_fractions(output.width, window.kernel_width, window.stride_width, window.pad_left, input.width);
  const auto group_inputs = static_cast<std::size_t>(input.channels / op.groups);
  const auto group_outputs = static_cast<std::size_t>(op.out_channels / op.groups);
  std::vector<double> correction(static_cast<std::size_t>(op.out_channels), 0.0);
  std::size_t index = 0;  // runs through [out_channel][in_channel / groups][kernel_h][kernel_w]
  for (std::size_t out = 0; out < correction.size(); ++out) {
    for (std::size_t in = 0; in < group_inputs; ++in) {
      const std::size_t channel = out / group_outputs * group_inputs + in;
      const double mean_real = means.real[channel];
      const double mean_quantised = means.quantised[channel];
      for (const double down : row_fraction) {
        for (const double right : column_fraction) {
          const double difference =
              double{(*op.weights)[index]} * mean_real - weights.real(index, out) * mean_quantised;
          correction[out] += down * right * difference;
          ++index;
        }
      }
    }
  }
  return correction;
}

}  // namespace npu::compiler
