#include "hw/kernels/conv_scalar.h"

#include <algorithm>
#include <type_traits>

#include "hw/kernels/element_access.h"

namespace npu::hw {
namespace {

// Sums of one pixel's runs of channels. A run has at most 2^16 channels, so that 8-bit products (2^14) stay
// in 32 bits; windows and 16-bit runs are summed in 64 bits, where 2^10 taps x 2^16 channels x 2^31 always
// fit.
template <class Activation, class Weight>
using RunSum = std::conditional_t<sizeof(Activation) == 1 && sizeof(Weight) == 1, std::int32_t, std::int64_t>;

template <class Activation, class Weight>
std::int64_t dot(const std::uint8_t* x, const std::uint8_t* weights, std::int64_t channels) {
  RunSum<Activation, Weight> sum = 0;
  for (std::int64_t channel = 0; channel < channels; ++channel) {
    sum += std::int32_t{load_element<Activation>(x + channel * std::int64_t{sizeof(Activation)})} *
           std::int32_t{load_element<Weight>(weights + channel * std::int64_t{sizeof(Weight)})};
  }
  return sum;
}

template <class Element>
std::int64_t sum_of(const std::uint8_t* elements, std::int64_t count) {
  std::int64_t sum = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    sum += load_element<Element>(elements + i * std::int64_t{sizeof(Element)});
  }
  return sum;
}

/// The partial sums of one output pixel from its window; a window position outside the tile reads the zero
/// point.
template <class Activation, class Weight>
class PixelSums {
 public:
  PixelSums(const Conv& conv, const ConvOperands& operands) : conv_(conv), operands_(operands) {}

  /// Adds the products of output pixel (row, column) to sums [out_channel].
  void add(std::int64_t row, std::int64_t column, std::int64_t* sums) const {
    for (std::int64_t dy = 0; dy < conv_.kernel_height; ++dy) {
      for (std::int64_t dx = 0; dx < conv_.kernel_width; ++dx) {
        const std::int64_t in_row = row * conv_.stride_height - conv_.pad_top + dy;
        const std::int64_t in_column = column * conv_.stride_width - conv_.pad_left + dx;
        const bool real =
            in_row >= 0 && in_row < conv_.in_height && in_column >= 0 && in_column < conv_.in_width;
        const std::uint8_t* pixel = real ? operands_.input.pixel(in_row, in_column) : nullptr;
        const std::int64_t tap = dy * conv_.kernel_width + dx;
        conv_.depthwise != 0 ? add_depthwise(pixel, tap, sums) : add_dense(pixel, tap, sums);
      }
    }
  }

 private:
  static constexpr std::int64_t kWeightBytes = sizeof(Weight);

  // `pixel` is null in the padding.
  void add_dense(const std::uint8_t* pixel, std::int64_t tap, std::int64_t* sums) const {
    const std::int64_t channels = conv_.in_channels;
    const std::int64_t filter_bytes = conv_.kernel_height * conv_.kernel_width * channels * kWeightBytes;
    const std::int64_t inputs = pixel != nullptr
                                    ? (conv_.weight_zero_point != 0 ? sum_of<Activation>(pixel, channels) : 0)
                                    : channels * conv_.in_zero_point;
    const std::int64_t correction = conv_.weight_zero_point * inputs;
    for (std::int64_t out_channel = 0; out_channel < conv_.out_channels; ++out_channel) {
      const std::uint8_t* weights =
          operands_.weights + out_channel * filter_bytes + tap * channels * kWeightBytes;
      const std::int64_t products = pixel != nullptr
                                        ? dot<Activation, Weight>(pixel, weights, channels)
                                        : conv_.in_zero_point * sum_of<Weight>(weights, channels);
      sums[out_channel] += products - correction;
    }
  }

  void add_depthwise(const std::uint8_t* pixel, std::int64_t tap, std::int64_t* sums) const {
    const std::uint8_t* weights = operands_.weights + tap * conv_.out_channels * kWeightBytes;
    for (std::int64_t channel = 0; channel < conv_.out_channels; ++channel) {
      const std::int64_t x =
          pixel != nullptr ? load_element<Activation>(pixel + channel * std::int64_t{sizeof(Activation)})
                           : conv_.in_zero_point;
      sums[channel] += x * (load_element<Weight>(weights + channel * kWeightBytes) - conv_.weight_zero_point);
    }
  }

  const Conv& conv_;
  const ConvOperands& operands_;
};

template <class Activation, class Weight>
void all_sums(const Conv& conv, const ConvOperands& operands, std::int64_t* sums) {
  const PixelSums<Activation, Weight> pixel_sums(conv, operands);
  for (std::int64_t row = 0; row < conv.out_height; ++row) {
    for (std::int64_t column = 0; column < conv.out_width; ++column) {
      pixel_sums.add(row, column, sums);
      sums += conv.out_channels;
    }
  }
}

void all_sums(const Conv& conv, const MachineFormat& format, const ConvOperands& operands,
              std::int64_t* sums) {
  const bool wide_activations = format.activation_bytes() == 2;
  const bool wide_weights = format.weight_bytes() == 2;
  if (wide_activations) {
    wide_weights ? all_sums<std::int16_t, std::int16_t>(conv, operands, sums)
                 : all_sums<std::int16_t, std::int8_t>(conv, operands, sums);
  } else {
    wide_weights ? all_sums<std::int8_t, std::int16_t>(conv, operands, sums)
                 : all_sums<std::int8_t, std::int8_t>(conv, operands, sums);
  }
}

// The compounding unit over the whole tile, one output at a time.
std::int64_t compound(const Conv& conv, const MachineFormat& format, const std::int64_t* sums,
                      const ChannelParameters& parameters, const OutputTile& output) {
  OutputStage stage = output_stage_of(conv);
  std::int64_t saturated = 0;
  for (std::int64_t row = 0; row < conv.out_height; ++row) {
    for (std::int64_t column = 0; column < conv.out_width; ++column) {
      std::uint8_t* pixel = output.pixel(row, column);
      for (std::size_t channel = 0; channel < parameters.bias.size(); ++channel) {
        stage.multiplier = parameters.multiplier[channel];
        const StageResult result =
            apply_output_stage(Wide{*sums++} + parameters.bias[channel], stage, parameters.shift[channel],
                               format.rounding, format.activation_bits);
        store_activation(pixel, static_cast<std::int64_t>(channel), result.value, format.activation_bytes());
        saturated += result.saturated ? 1 : 0;
      }
    }
  }
  return saturated;
}

}  // namespace

std::int64_t conv_scalar(const Conv& conv, std::int64_t pc, const MachineFormat& format,
                         const ConvOperands& operands, ScalarScratch& scratch) {
  const auto count = static_cast<std::size_t>(conv.out_height * conv.out_width * conv.out_channels);
  scratch.sums.assign(count, 0);
  all_sums(conv, format, operands, scratch.sums.data());
  for (std::size_t i = 0; i < count; ++i) {
    const std::int64_t before = conv.first != 0 ? 0 : operands.accumulators_in[i];
    scratch.sums[i] = wrap(scratch.sums[i] + before, format.accumulator_bits);
  }
  if (conv.last == 0) {
    std::copy(scratch.sums.begin(), scratch.sums.end(), operands.accumulators_out);
    return 0;
  }
  read_channel_parameters(conv, pc, format, operands.parameters, scratch.parameters);
  return compound(conv, format, scratch.sums.data(), scratch.parameters, operands.output);
}

}  // namespace npu::hw
