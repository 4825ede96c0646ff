// What is remembered for each instruction of a program.
#pragma once

#include <cstdint>
#include <vector>

#include "hw/common/error.h"

namespace npu::hw {

/// A value for each pc, made when first asked for. References are valid until the next call of at().
template <class Value>
class PcSlots {
 public:
  Value& at(std::int64_t pc) {
    NPU_CHECK(pc >= 0 && pc < kMaxInstructions, "instruction index out of range");
    const auto index = static_cast<std::size_t>(pc);
    if (index >= slots_.size()) slots_.resize(index + 1);
    return slots_[index];
  }

 private:
  static constexpr std::int64_t kMaxInstructions = std::int64_t{1} << 26;

  std::vector<Value> slots_;
};

}  // namespace npu::hw
