#include "hw/kernels/operand_cache.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <string_view>

#include "hw/isa/regions.h"

namespace npu::hw {
namespace {

std::int64_t parameter_bytes(const Conv& conv, const MachineFormat& format) {
  if (conv.last == 0) return 0;
  return parameter_block_bytes(conv.out_channels, format, conv.per_channel_multiplier != 0);
}

// The fields that packing depends on: addresses, sizes of the map and strides do not matter.
Conv packing_key(const Conv& conv) {
  Conv key;
  key.in_channels = conv.depthwise != 0 ? 0 : conv.in_channels;
  key.out_channels = conv.out_channels;
  key.kernel_height = conv.kernel_height;
  key.kernel_width = conv.kernel_width;
  key.depthwise = conv.depthwise;
  key.weight_zero_point = conv.weight_zero_point;
  key.first = conv.first;
  key.last = conv.last;
  if (conv.last == 0) return key;
  key.leaky = conv.leaky;
  key.per_channel_multiplier = conv.per_channel_multiplier;
  key.multiplier = conv.multiplier;
  key.shift = conv.shift;
  key.negative_multiplier = conv.negative_multiplier;
  key.negative_shift = conv.negative_shift;
  key.out_zero_point = conv.out_zero_point;
  key.low = conv.low;
  key.high = conv.high;
  return key;
}

}  // namespace

OperandKey::OperandKey(const Conv& full, const ConvOperands& operands, const MachineFormat& format)
    : conv(packing_key(full)), raw(operands.weights, operands.weights + weight_block_bytes(full, format)) {
  raw.insert(raw.end(), operands.parameters, operands.parameters + parameter_bytes(full, format));
}

bool OperandKey::matches(const Conv& other, const ConvOperands& operands, const MachineFormat& format) const {
  const std::int64_t weight_bytes = weight_block_bytes(other, format);
  const std::int64_t total = weight_bytes + parameter_bytes(other, format);
  return conv == packing_key(other) && std::ssize(raw) == total &&
         std::memcmp(raw.data(), operands.weights, static_cast<std::size_t>(weight_bytes)) == 0 &&
         std::memcmp(raw.data() + weight_bytes, operands.parameters,
                     static_cast<std::size_t>(total - weight_bytes)) == 0;
}

std::uint64_t operand_hash(const Conv& conv, const ConvOperands& operands, const MachineFormat& format) {
  const auto view = [](const std::uint8_t* bytes, std::int64_t count) {
    return std::string_view(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(count));
  };
  return std::hash<std::string_view>{}(view(operands.weights, weight_block_bytes(conv, format))) ^
         std::hash<std::string_view>{}(view(operands.parameters, parameter_bytes(conv, format)));
}

}  // namespace npu::hw
