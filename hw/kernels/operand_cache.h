// Operands of a CONV rearranged for a fast path, kept from call to call and reused only while the bytes in
// the weight SRAM are the same. Instructions with equal operands (the tiles of one layer) share one form.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "hw/kernels/conv_operands.h"
#include "hw/kernels/pc_slots.h"

namespace npu::hw {

/// What a packed form was made from.
struct OperandKey {
  Conv conv;                      ///< only the fields that packing depends on
  std::vector<std::uint8_t> raw;  ///< weight bytes, then parameter bytes if `last`

  OperandKey() = default;
  OperandKey(const Conv& conv, const ConvOperands& operands, const MachineFormat& format);
  bool matches(const Conv& other, const ConvOperands& operands, const MachineFormat& format) const;
};

/// Hash of the operands' bytes.
std::uint64_t operand_hash(const Conv& conv, const ConvOperands& operands, const MachineFormat& format);

/// Packed forms by pc; `Packed` has a member `OperandKey key`.
template <class Packed>
class OperandCache {
 public:
  explicit OperandCache(const MachineFormat& format) : format_(format) {}

  /// The packed form of the instruction's present operands; `pack(packed)` fills in all but the key of a new
  /// one.
  template <class Pack>
  const Packed& get(const Conv& conv, std::int64_t pc, const ConvOperands& operands, const Pack& pack) {
    std::shared_ptr<const Packed>& slot = by_pc_.at(pc);
    if (slot && slot->key.matches(conv, operands, format_)) return *slot;
    std::weak_ptr<const Packed>& twin = by_content_[operand_hash(conv, operands, format_)];
    if (auto found = twin.lock(); found && found->key.matches(conv, operands, format_)) {
      slot = std::move(found);
      return *slot;
    }
    slot.reset();  // before packing: frees the memory of the operands that were replaced
    auto packed = std::make_shared<Packed>();
    packed->key = OperandKey(conv, operands, format_);
    pack(*packed);
    slot = std::move(packed);
    twin = slot;
    return *slot;
  }

  const MachineFormat& format() const { return format_; }

 private:
  MachineFormat format_;
  PcSlots<std::shared_ptr<const Packed>> by_pc_;
  std::unordered_map<std::uint64_t, std::weak_ptr<const Packed>> by_content_;  ///< by hash of operands
};

}  // namespace npu::hw
