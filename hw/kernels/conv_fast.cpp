#include "hw/kernels/conv_fast.h"

namespace npu::hw {

std::optional<std::int64_t> FastConv::run(const Conv& conv, std::int64_t pc, const ConvOperands& operands) {
  if (!narrow_) return std::nullopt;
  if (conv.in_zero_point < INT8_MIN || conv.in_zero_point > INT8_MAX) return std::nullopt;
  const PackedConv& packed = cache_.get(conv, pc, operands);
  if (packed.path == nullptr) return std::nullopt;
  return conv.depthwise != 0 ? depthwise_.run(conv, operands, packed) : dense_.run(conv, operands, packed);
}

}  // namespace npu::hw
