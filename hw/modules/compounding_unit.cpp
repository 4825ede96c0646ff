#include "hw/modules/compounding_unit.h"

#include "hw/timing/compounding_timing.h"

namespace npu::hw {

CompoundingUnit::CompoundingUnit(const sc_core::sc_module_name& name, const CompoundingConfig& config)
    : sc_module(name), config_(config) {}

void CompoundingUnit::compound(std::int64_t outputs) {
  outputs_ += outputs;
  busy_cycles_ += compounding_cycles(outputs, config_);
}

}  // namespace npu::hw
