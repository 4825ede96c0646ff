// The page of `npusim report`: HTML with style, script and chart library inside, bundled from src/ when the
// tool is built (esbuild and ECharts from npm, see package.json). Data comes in here, everything that is
// shown is made by the script.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace npu::sim {

/// Was the page bundled into this build? It is not where sim/page/node_modules was missing (scripts/setup.sh
/// makes it).
bool has_report_page();

/// The whole page with `data` in it; opens without network. Throws InputError if this build has no page.
std::string report_page(const nlohmann::ordered_json& data);

}  // namespace npu::sim
