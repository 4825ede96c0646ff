// result.json: the machine-readable result of one run. docs/user_guide.md lists the keys.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "sim/report/run_report.h"
#include "sim/report/summary.h"

namespace npu::sim {

inline constexpr int kResultSchemaVersion = 1;

/// Two runs of the same inputs differ in the key `host` only. Figures that the run did not measure are null.
nlohmann::ordered_json result_json(const RunReport& report, const Summary& summary);

}  // namespace npu::sim
