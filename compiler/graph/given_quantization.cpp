#include "compiler/graph/given_quantization.h"

#include <fmt/core.h>

#include <algorithm>

#include "hw/common/error.h"

namespace npu::compiler {
namespace {

std::string text(const GivenTensor& tensor) {
  if (tensor.scale)
    return fmt::format("scale {:g}, zero point {}", tensor.scale->scale, tensor.scale->zero_point);
  return tensor.range ? fmt::format("range {:g} to {:g}", tensor.range->low, tensor.range->high) : "nothing";
}

bool same(const GivenTensor& a, const GivenTensor& b) {
  if (a.scale || b.scale) return a.scale == b.scale;
  return a.range && b.range && a.range->low == b.range->low && a.range->high == b.range->high;
}

void complete(GivenLayer& layer, const GivenLayer& other) {
  // The other's integers belong to its scales.
  if (layer.weights.empty() && layer.weight_scale.empty() && !layer.channel_shift && !layer.weight_bits &&
      !layer.weight_zero_point) {
    layer.weights = other.weights;
  }
  if (!layer.weight_bits) layer.weight_bits = other.weight_bits;
  // One choice: the shifts belong to their scale.
  if (layer.weight_scale.empty()) {
    layer.weight_scale = other.weight_scale;
    if (!layer.weight_zero_point) layer.weight_zero_point = other.weight_zero_point;
    if (!layer.channel_shift) layer.channel_shift = other.channel_shift;
  }
  if (!layer.bias) layer.bias = other.bias;
}

}  // namespace

void Range::include(const Range& other) {
  low = std::min(low, other.low);
  high = std::max(high, other.high);
}

const GivenLayer* GivenQuantization::layer(const std::string& node) const {
  const auto found = layers.find(node);
  return found == layers.end() ? nullptr : &found->second;
}

GivenQuantization merged(const GivenQuantization& first, const GivenQuantization& second) {
  GivenQuantization result = first;
  if (result.weight_bits == 0) result.weight_bits = second.weight_bits;
  if (result.activation_bits == 0) result.activation_bits = second.activation_bits;
  if (result.source.empty()) result.source = second.source;
  for (const auto& [value, tensor] : second.tensors) result.tensors.emplace(value, tensor);
  for (const auto& [node, layer] : second.layers) complete(result.layers[node], layer);
  return result;
}

void carry_given(GivenQuantization& given, const std::string& from, const std::string& to,
                 const std::string& node) {
  const auto found = given.tensors.find(from);
  if (found == given.tensors.end() || from == to) return;
  const auto [there, is_new] = given.tensors.emplace(to, found->second);
  if (!is_new && !same(there->second, found->second)) {
    throw GraphError(node, fmt::format("hands '{}' ({}) on as '{}' ({}), expected the same quantisation", to,
                                       text(there->second), from, text(found->second)));
  }
  given.tensors.erase(from);
}

}  // namespace npu::compiler
