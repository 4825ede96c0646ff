// A build without Verilator: there are no RTL units.
#include "hw/modules/rtl/rtl_units.h"

namespace npu::hw {

bool rtl_available() { return false; }
RtlShape rtl_shape() { return {}; }
std::unique_ptr<RtlUnits> make_rtl_units(const std::string& /*name*/) { return nullptr; }

}  // namespace npu::hw
