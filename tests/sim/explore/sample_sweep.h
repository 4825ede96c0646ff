// A small sweep and machine that the tests of sim/explore vary.
#pragma once

#include <nlohmann/json.hpp>

#include "sim/explore/design_space.h"

namespace npu::tests {

nlohmann::json sample_sweep_json();    ///< 1 architecture, axes pe (3 values) and bandwidth (2), 2 networks
nlohmann::json sample_machine_json();  ///< the shift_npu preset
sim::DesignSpace sample_space(const nlohmann::json& sweep);

}  // namespace npu::tests
