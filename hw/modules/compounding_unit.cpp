#include "hw/modules/compounding_unit.h"

namespace npu::hw {

CompoundingUnit::CompoundingUnit(const sc_core::sc_module_name& name, int lanes)
    : sc_module(name), lanes_(lanes) {}

void CompoundingUnit::compound(std::int64_t outputs) {
  outputs_ += outputs;
  busy_cycles_ += ceil_div(outputs, lanes_);
}

}  // namespace npu::hw
