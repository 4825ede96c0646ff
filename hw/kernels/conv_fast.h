// CONV by vector instructions: 8-bit data, 32-bit accumulators, half_up. Everything else is left to
// WideConv and conv_scalar.
#pragma once

#include <cstdint>
#include <optional>

#include "hw/kernels/dense_fast.h"
#include "hw/kernels/depthwise_fast.h"
#include "hw/kernels/packed_conv.h"

namespace npu::hw {

class FastConv {
 public:
  FastConv(const MachineFormat& format, const FastPath& path)
      : narrow_(format.weight_bits == 8 && format.activation_bits == 8), cache_(format, path) {}

  /// Executes one CONV as conv_scalar does, or does nothing and returns nullopt where only that is exact.
  std::optional<std::int64_t> run(const Conv& conv, std::int64_t pc, const ConvOperands& operands);

 private:
  bool narrow_;
  PackedConvCache cache_;
  DenseFast dense_;
  DepthwiseFast depthwise_;
};

}  // namespace npu::hw
