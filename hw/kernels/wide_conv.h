// CONV for data of 8 or 16 bits in any mix and accumulators of any width, by AVX2: what FastConv leaves.
// Weights with a zero point and depthwise windows of more than kExactPairs taps are left to conv_scalar.
//   1. The input tile becomes a patch: 16-bit factors with the padding in place, one or two planes.
//   2. For a chunk of pixels, products are summed in 64 bits for all output channels.
//   3. The chunk's sums join the accumulators, wrap, and are compounded or parked.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "hw/kernels/aligned_vector.h"
#include "hw/kernels/channel_parameters.h"
#include "hw/kernels/operand_cache.h"
#include "hw/kernels/wide_step.h"

namespace npu::hw {

class WideConv {
 public:
  explicit WideConv(const MachineFormat& format) : cache_(format) {}

  /// Executes one CONV as conv_scalar does, or does nothing and returns nullopt.
  std::optional<std::int64_t> run(const Conv& conv, std::int64_t pc, const ConvOperands& operands);

 private:
  struct Packed {
    OperandKey key;
    AlignedVector<std::uint8_t> weights;  ///< 16-bit factors: see wide_sums.h
    ChannelParameters parameters;         ///< read if `last`
    std::optional<WideStep> step;         ///< made if `last`
  };
  struct Patch;

  const MachineFormat& format() const { return cache_.format(); }
  void pack(const Conv& conv, std::int64_t pc, const ConvOperands& operands, Packed& packed) const;
  void build_patch(const Conv& conv, const InputTile& input, const Patch& patch);
  std::int64_t run_dense(const Conv& conv, const ConvOperands& operands, const Packed& packed,
                         const Patch& patch);
  std::int64_t run_depthwise(const Conv& conv, const ConvOperands& operands, const Packed& packed,
                             const Patch& patch);
  std::int64_t finish(const Conv& conv, const ConvOperands& operands, const Packed& packed,
                      std::int64_t first_pixel, std::int64_t pixels);

  OperandCache<Packed> cache_;
  AlignedVector<std::uint8_t> patch_;  ///< [plane][row][column][channel], 16-bit factors
  std::vector<std::int64_t> pixel_offsets_;
  std::vector<const std::uint8_t*> taps_;
  AlignedVector<std::int64_t> sums_;  ///< [pixel of the chunk][padded out channel]
};

}  // namespace npu::hw
