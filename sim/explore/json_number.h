// How a computed number is written into JSON: an integer where it is one.
#pragma once

#include <nlohmann/json.hpp>

namespace npu::sim {

nlohmann::json json_number(double value);

}  // namespace npu::sim
