// Partial sums between passes of the array and between CONV instructions of a split reduction.
// Models: content, poisoned at reset. Its port time and energy are part of the CONV that uses it (hw/timing,
// hw/energy).
#pragma once

#include <cstdint>
#include <span>
#include <systemc>
#include <vector>

#include "hw/modules/interfaces.h"

namespace npu::hw {

class AccumulatorStore : public sc_core::sc_module, public AccumulatorInterface {
 public:
  AccumulatorStore(const sc_core::sc_module_name& name, std::int64_t entries, int accumulator_bits);

  std::span<std::int64_t> entries() override { return content_; }

 private:
  std::vector<std::int64_t> content_;
};

}  // namespace npu::hw
