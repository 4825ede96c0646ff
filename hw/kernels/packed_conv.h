// Weights and parameters of an 8-bit CONV rearranged for a fast path.
#pragma once

#include <cstdint>

#include "hw/kernels/aligned_vector.h"
#include "hw/kernels/conv_operands.h"
#include "hw/kernels/fast_path.h"
#include "hw/kernels/operand_cache.h"

namespace npu::hw {

struct PackedConv {
  OperandKey key;
  const FastPath* path = nullptr;       ///< null: only the scalar rule is exact for these operands
  AlignedVector<std::uint8_t> weights;  ///< dense or depthwise form, see packed_conv.cpp
  AlignedVector<std::int32_t> initial;  ///< [out channels, padded] value that sums start from
  CompoundingTable compounding;         ///< filled if `last`
};

class PackedConvCache {
 public:
  PackedConvCache(const MachineFormat& format, const FastPath& path) : cache_(format), path_(path) {}

  /// The packed form of the instruction's present operands. Throws ProgramError (see
  /// read_channel_parameters).
  const PackedConv& get(const Conv& conv, std::int64_t pc, const ConvOperands& operands) {
    return cache_.get(conv, pc, operands, [&](PackedConv& packed) { pack(conv, pc, operands, packed); });
  }

 private:
  void pack(const Conv& conv, std::int64_t pc, const ConvOperands& operands, PackedConv& packed) const;

  OperandCache<PackedConv> cache_;
  const FastPath& path_;
};

}  // namespace npu::hw
