// Weights and parameters of a CONV rearranged for a fast path, kept from call to call and reused only while
// the bytes in the weight SRAM are the same.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "hw/kernels/aligned_vector.h"
#include "hw/kernels/conv_operands.h"
#include "hw/kernels/fast_path.h"
#include "hw/kernels/pc_slots.h"

namespace npu::hw {

struct PackedConv {
  Conv conv;                            ///< what it was packed for
  std::vector<std::uint8_t> raw;        ///< weight bytes and parameter bytes it was packed from
  const FastPath* path = nullptr;       ///< null: only the scalar rule is exact for these operands
  AlignedVector<std::uint8_t> weights;  ///< dense or depthwise form, see packed_conv.cpp
  AlignedVector<std::int32_t> initial;  ///< [out channels, padded] value that sums start from
  CompoundingTable compounding;         ///< filled if `last`
};

/// Packed forms by pc. Instructions with equal operands (the tiles of one layer) share one.
class PackedConvCache {
 public:
  PackedConvCache(const MachineFormat& format, const FastPath& path) : format_(format), path_(path) {}

  /// The packed form of the instruction's present operands. Throws ProgramError (see
  /// read_channel_parameters).
  const PackedConv& get(const Conv& conv, std::int64_t pc, const ConvOperands& operands);

 private:
  bool current(const PackedConv& packed, const Conv& conv, const ConvOperands& operands) const;
  std::shared_ptr<const PackedConv> pack(const Conv& conv, std::int64_t pc,
                                         const ConvOperands& operands) const;

  MachineFormat format_;
  const FastPath& path_;
  PcSlots<std::shared_ptr<const PackedConv>> by_pc_;
  std::unordered_map<std::uint64_t, std::weak_ptr<const PackedConv>> by_content_;  ///< by hash of operands
};

}  // namespace npu::hw
