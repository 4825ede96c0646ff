// layers.csv: the timed figures of each layer for spreadsheets and plots.
#pragma once

#include <string>

#include "sim/report/run_report.h"
#include "sim/report/summary.h"

namespace npu::sim {

/// Header line, then one line for each layer; fields quoted where needed (RFC 4180). Requires a timed report
/// (NPU_CHECK).
std::string layers_csv(const RunReport& report, const Summary& summary);

}  // namespace npu::sim
