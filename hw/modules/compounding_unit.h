// The output stage behind the array: bias, per-layer multiplier, shift n + e_c, zero point, clamp (arXiv
// 2008.05767). Models: its own counters. Its time lies inside the CONV's, which waits where the lanes are
// slower than the array (hw/timing); the values come with the CONV's kernel, which uses hw/numerics.
#pragma once

#include <cstdint>
#include <systemc>

#include "hw/arch/arch_config.h"
#include "hw/common/units.h"
#include "hw/modules/interfaces.h"

namespace npu::hw {

class CompoundingUnit : public sc_core::sc_module, public CompoundingInterface {
 public:
  CompoundingUnit(const sc_core::sc_module_name& name, const CompoundingConfig& config);

  void compound(std::int64_t outputs) override;

  // counters
  std::int64_t outputs() const { return outputs_; }
  Cycles busy_cycles() const { return busy_cycles_; }  ///< cycles in which lanes take outputs

 private:
  // parameters
  CompoundingConfig config_;
  // counters
  std::int64_t outputs_ = 0;
  Cycles busy_cycles_ = 0;
};

}  // namespace npu::hw
