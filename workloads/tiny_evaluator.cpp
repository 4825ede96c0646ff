#include "workloads/tiny_evaluator.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "hw/common/error.h"

namespace npu::workloads {
namespace {

using compiler::MapShape;
using compiler::Window;

FeatureMaps make_maps(const MapShape& shape, std::int64_t samples, float value) {
  return {shape, samples, std::vector<float>(static_cast<std::size_t>(shape.elements() * samples), value)};
}

/// The maps with their window's pads around them; nothing is copied where there are none.
class PaddedMaps {
 public:
  PaddedMaps(const FeatureMaps& in, const Window& window, float fill)
      : samples_(in.samples),
        height_(in.shape.height + window.pad_top + window.pad_bottom),
        width_(in.shape.width + window.pad_left + window.pad_right),
        data_(in.data.data()) {
    if (height_ == in.shape.height && width_ == in.shape.width) {
      return;
    }
    storage_.assign(static_cast<std::size_t>(in.shape.channels * samples_ * height_ * width_), fill);
    const std::int64_t rows = in.shape.channels * samples_ * in.shape.height;
    for (std::int64_t row = 0; row < rows; ++row) {
      const std::int64_t target_row =
          row / in.shape.height * height_ + row % in.shape.height + window.pad_top;
      std::copy_n(in.data.data() + row * in.shape.width, in.shape.width,
                  storage_.data() + target_row * width_ + window.pad_left);
    }
    data_ = storage_.data();
  }

  std::int64_t width() const { return width_; }
  const float* row(std::int64_t channel, std::int64_t sample, std::int64_t y) const {
    return data_ + ((channel * samples_ + sample) * height_ + y) * width_;
  }

 private:
  std::int64_t samples_;
  std::int64_t height_;
  std::int64_t width_;
  std::vector<float> storage_;
  const float* data_;
};

MapShape slide(const MapShape& in, const Window& window, std::int64_t channels) {
  return {channels,
          compiler::window_output(in.height, window.kernel_height, window.stride_height, window.pad_top,
                                  window.pad_bottom, window.ceil_mode),
          compiler::window_output(in.width, window.kernel_width, window.stride_width, window.pad_left,
                                  window.pad_right, window.ceil_mode)};
}

/// out[x] += weight * in[x * stride]
void accumulate_row(float* __restrict out, const float* __restrict in, std::int64_t count,
                    std::int64_t stride, float weight) {
  if (stride == 1) {
    for (std::int64_t x = 0; x < count; ++x) {
      out[x] += weight * in[x];
    }
    return;
  }
  for (std::int64_t x = 0; x < count; ++x) {
    out[x] += weight * in[x * stride];
  }
}

/// Adds one tap's products to one output channel of all samples; a whole map at once where its rows follow
/// without gaps.
void accumulate_tap(float* out, const FeatureMaps& outputs, const PaddedMaps& in, std::int64_t in_channel,
                    const Window& window, std::int64_t tap_y, std::int64_t tap_x, float weight) {
  const MapShape& shape = outputs.shape;
  const bool gapless = window.stride_height == 1 && window.stride_width == 1 && in.width() == shape.width;
  for (std::int64_t sample = 0; sample < outputs.samples; ++sample) {
    float* plane = out + sample * shape.height * shape.width;
    if (gapless) {
      accumulate_row(plane, in.row(in_channel, sample, tap_y), shape.height * shape.width, 1, weight);
      continue;
    }
    for (std::int64_t y = 0; y < shape.height; ++y) {
      accumulate_row(plane + y * shape.width,
                     in.row(in_channel, sample, y * window.stride_height + tap_y) + tap_x, shape.width,
                     window.stride_width, weight);
    }
  }
}

/// out[x] += sum over channels of weights[channel] * in[channel][x], in channel order; four channels for each
/// visit of out, whose traffic is what limits the speed.
void accumulate_channels(float* __restrict out, const float* __restrict in, std::int64_t channels,
                         std::int64_t pixels, const float* weights) {
  std::int64_t channel = 0;
  for (; channel + 4 <= channels; channel += 4) {
    const float* rows = in + channel * pixels;
    const float* four = weights + channel;
    for (std::int64_t x = 0; x < pixels; ++x) {
      float sum = out[x] + four[0] * rows[x];
      sum += four[1] * rows[x + pixels];
      sum += four[2] * rows[x + 2 * pixels];
      out[x] = sum + four[3] * rows[x + 3 * pixels];
    }
  }
  for (; channel < channels; ++channel) {
    accumulate_row(out, in + channel * pixels, pixels, 1, weights[channel]);
  }
}

/// Convolution without neighbours: 1x1, stride 1, no pads.
void run_pointwise(const compiler::ConvOp& conv, const FeatureMaps& in, FeatureMaps& out) {
  const std::int64_t group_inputs = in.shape.channels / conv.groups;
  const std::int64_t group_outputs = conv.out_channels / conv.groups;
  for (std::int64_t out_channel = 0; out_channel < conv.out_channels; ++out_channel) {
    const std::int64_t first_input = out_channel / group_outputs * group_inputs;
    accumulate_channels(out.data.data() + out_channel * out.pixels(),
                        in.data.data() + first_input * in.pixels(), group_inputs, in.pixels(),
                        conv.weights->data() + out_channel * group_inputs);
  }
}

/// Adds each channel's bias.
void add_bias(const compiler::FloatArray& bias, FeatureMaps& maps) {
  for (std::size_t channel = 0; channel < bias->size(); ++channel) {
    float* plane = maps.data.data() + static_cast<std::int64_t>(channel) * maps.pixels();
    for (std::int64_t pixel = 0; pixel < maps.pixels(); ++pixel) {
      plane[pixel] += (*bias)[channel];
    }
  }
}

FeatureMaps run(const compiler::ConvOp& conv, const FeatureMaps& in) {
  const Window& window = conv.window;
  FeatureMaps out = make_maps(slide(in.shape, window, conv.out_channels), in.samples, 0.0F);
  add_bias(conv.bias, out);
  if (window == Window{}) {
    run_pointwise(conv, in, out);
    return out;
  }
  const PaddedMaps padded(in, window, 0.0F);
  const std::int64_t group_inputs = in.shape.channels / conv.groups;
  const std::int64_t group_outputs = conv.out_channels / conv.groups;
  const float* weight = conv.weights->data();
  for (std::int64_t out_channel = 0; out_channel < conv.out_channels; ++out_channel) {
    float* target = out.data.data() + out_channel * out.pixels();
    const std::int64_t first_input = out_channel / group_outputs * group_inputs;
    for (std::int64_t in_channel = 0; in_channel < group_inputs; ++in_channel) {
      for (std::int64_t tap = 0; tap < window.kernel_height * window.kernel_width; ++tap) {
        accumulate_tap(target, out, padded, first_input + in_channel, window, tap / window.kernel_width,
                       tap % window.kernel_width, *weight++);
      }
    }
  }
  return out;
}

FeatureMaps run(const compiler::BatchNormOp& norm, const FeatureMaps& in) {
  FeatureMaps out = in;
  const std::int64_t pixels = in.pixels();
  for (std::size_t channel = 0; channel < norm.scale->size(); ++channel) {
    const float factor = (*norm.scale)[channel] / std::sqrt((*norm.variance)[channel] + norm.epsilon);
    const float offset = (*norm.bias)[channel] - factor * (*norm.mean)[channel];
    float* plane = out.data.data() + static_cast<std::int64_t>(channel) * pixels;
    for (std::int64_t pixel = 0; pixel < pixels; ++pixel) {
      plane[pixel] = factor * plane[pixel] + offset;
    }
  }
  return out;
}

FeatureMaps run(const compiler::ActivationOp& op, const FeatureMaps& in) {
  const compiler::Activation& activation = op.activation;
  FeatureMaps out = in;
  if (activation.kind == compiler::Activation::Kind::kLeaky) {
    for (float& value : out.data) {
      value = value < 0.0F ? activation.alpha * value : value;
    }
    return out;
  }
  NPU_CHECK(activation.kind == compiler::Activation::Kind::kClamp, "an activation node without activation");
  for (float& value : out.data) {
    value = std::min(std::max(value, activation.low), activation.high);
  }
  return out;
}

FeatureMaps run(const compiler::MaxPoolOp& op, const FeatureMaps& in) {
  Window window = op.window;
  const MapShape shape = slide(in.shape, window, in.shape.channels);
  // A last, partial window reads padding that the window does not name.
  window.pad_bottom =
      std::max(window.pad_bottom, (shape.height - 1) * window.stride_height + window.kernel_height -
                                      in.shape.height - window.pad_top);
  window.pad_right = std::max(window.pad_right, (shape.width - 1) * window.stride_width +
                                                    window.kernel_width - in.shape.width - window.pad_left);
  constexpr float kLowest = -std::numeric_limits<float>::infinity();
  const PaddedMaps padded(in, window, kLowest);
  FeatureMaps out = make_maps(shape, in.samples, kLowest);
  float* target = out.data.data();
  for (std::int64_t row = 0; row < shape.channels * in.samples * shape.height; ++row) {
    const std::int64_t plane = row / shape.height;
    const std::int64_t first_y = row % shape.height * window.stride_height;
    for (std::int64_t x = 0; x < shape.width; ++x, ++target) {
      for (std::int64_t tap_y = 0; tap_y < window.kernel_height; ++tap_y) {
        const float* first =
            padded.row(plane / in.samples, plane % in.samples, first_y + tap_y) + x * window.stride_width;
        *target = std::max(*target, *std::max_element(first, first + window.kernel_width));
      }
    }
  }
  return out;
}

FeatureMaps run(const compiler::GlobalAveragePoolOp&, const FeatureMaps& in) {
  FeatureMaps out = make_maps({in.shape.channels, 1, 1}, in.samples, 0.0F);
  const auto pixels = static_cast<std::size_t>(in.shape.height * in.shape.width);
  for (std::size_t index = 0; index < in.data.size(); ++index) {
    out.data[index / pixels] += in.data[index];
  }
  for (float& value : out.data) {
    value /= static_cast<float>(pixels);
  }
  return out;
}

/// From [channel][sample][pixel] to [channel * pixels + pixel][sample].
FeatureMaps run(const compiler::FlattenOp&, const FeatureMaps& in) {
  const std::int64_t pixels = in.shape.height * in.shape.width;
  FeatureMaps out = make_maps({in.shape.elements(), 1, 1}, in.samples, 0.0F);
  float* target = out.data.data();
  for (std::int64_t feature = 0; feature < out.shape.channels; ++feature) {
    for (std::int64_t sample = 0; sample < in.samples; ++sample) {
      const std::int64_t plane = feature / pixels * in.samples + sample;
      *target++ = in.data[static_cast<std::size_t>(plane * pixels + feature % pixels)];
    }
  }
  return out;
}

FeatureMaps run(const compiler::GemmOp& op, const FeatureMaps& in) {
  FeatureMaps out = make_maps({op.out_features, 1, 1}, in.samples, 0.0F);
  const float* weight = op.weights->data();
  for (std::int64_t feature = 0; feature < op.out_features; ++feature) {
    float* target = out.data.data() + feature * in.samples;
    std::fill_n(target, in.samples, (*op.bias)[static_cast<std::size_t>(feature)]);
    accumulate_channels(target, in.data.data(), in.shape.channels, in.samples, weight);
    weight += in.shape.channels;
  }
  return out;
}

FeatureMaps run_concat(const std::vector<const FeatureMaps*>& inputs) {
  FeatureMaps out = *inputs.at(0);
  for (std::size_t index = 1; index < inputs.size(); ++index) {
    out.shape.channels += inputs[index]->shape.channels;
    out.data.insert(out.data.end(), inputs[index]->data.begin(), inputs[index]->data.end());
  }
  return out;
}

template <typename Unknown>
FeatureMaps run(const Unknown&, const FeatureMaps&) {
  NPU_CHECK(false, "an operator that no built-in network has");
  return {};
}

}  // namespace

FeatureMaps evaluate(const compiler::Node& node, const std::vector<const FeatureMaps*>& inputs) {
  if (std::holds_alternative<compiler::AddOp>(node.op)) {
    FeatureMaps out = *inputs.at(0);
    std::transform(out.data.begin(), out.data.end(), inputs.at(1)->data.begin(), out.data.begin(),
                   std::plus<>());
    return out;
  }
  if (std::holds_alternative<compiler::ConcatOp>(node.op)) {
    return run_concat(inputs);
  }
  return std::visit([&](const auto& op) { return run(op, *inputs.at(0)); }, node.op);
}

}  // namespace npu::workloads
