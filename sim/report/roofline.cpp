#include "sim/report/roofline.h"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "hw/common/error.h"
#include "sim/report/text_table.h"

namespace npu::sim {
namespace {

RooflinePoint point_of(const std::string& name, double macs, double bytes, double cycles,
                       const Roofline& roofline) {
  RooflinePoint point;
  point.name = name;
  point.intensity = macs / bytes;
  point.macs_per_cycle = macs / cycles;
  const double by_memory = point.intensity * roofline.bytes_per_cycle;
  point.memory_bound = by_memory < roofline.peak_macs_per_cycle;
  point.ceiling = std::min(by_memory, roofline.peak_macs_per_cycle);
  return point;
}

nlohmann::ordered_json point_json(const RooflinePoint& point) {
  return {{"name", point.name},
          {"macs_per_byte", point.intensity},
          {"macs_per_cycle", point.macs_per_cycle},
          {"ceiling_macs_per_cycle", point.ceiling},
          {"bound", point.memory_bound ? "memory" : "compute"}};
}

}  // namespace

Roofline roofline(const RunReport& report, const Summary& summary) {
  NPU_CHECK(report.timed && summary.timed, "a roofline needs a timed run");
  Roofline result;
  result.peak_macs_per_cycle = report.arch.pe_array.pe_count();
  result.bytes_per_cycle = report.arch.dram.bytes_per_cycle;
  const RunResult& run = report.timed->result;
  for (std::size_t index = 0; index < summary.layers.size(); ++index) {
    const LayerSummary& layer = summary.layers[index];
    const Cycles cycles = run.layers[index].cycles;
    if (layer.effective_macs == 0 || layer.dram_bytes == 0 || cycles == 0) continue;
    result.layers.push_back(
        point_of(report.program.layers[index].name, static_cast<double>(layer.effective_macs),
                 static_cast<double>(layer.dram_bytes), static_cast<double>(cycles), result));
  }
  const Bytes traffic = run.dram_read_bytes + run.dram_write_bytes;
  if (traffic > 0 && run.cycles > 0) {
    result.network = point_of(report.program.network, static_cast<double>(summary.effective_macs),
                              static_cast<double>(traffic), static_cast<double>(run.cycles), result);
  }
  return result;
}

std::string roofline_table(const Roofline& roofline, std::size_t width) {
  TextTable table({{"layer", false, true},
                   {"MACs/byte", true},
                   {"limited by"},
                   {"ceiling, MACs/cycle", true},
                   {"reached", true},
                   {"of it", true}});
  const auto add = [&](const RooflinePoint& point) {
    table.add_row({point.name, fmt::format("{:.1f}", point.intensity), point.memory_bound ? "DRAM" : "array",
                   fmt::format("{:.1f}", point.ceiling), fmt::format("{:.1f}", point.macs_per_cycle),
                   fmt::format("{:.0f} %", 100 * point.macs_per_cycle / point.ceiling)});
  };
  for (const RooflinePoint& point : roofline.layers) add(point);
  table.add_rule();
  add(roofline.network);
  return fmt::format(
             "Roofline: {:g} MACs per cycle, {:g} DRAM bytes per cycle; both ceilings meet at {:.1f} "
             "MACs/byte\n",
             roofline.peak_macs_per_cycle, roofline.bytes_per_cycle, roofline.ridge()) +
         table.render(width);
}

nlohmann::ordered_json roofline_json(const Roofline& roofline) {
  auto layers = nlohmann::ordered_json::array();
  for (const RooflinePoint& point : roofline.layers) layers.push_back(point_json(point));
  return {{"peak_macs_per_cycle", roofline.peak_macs_per_cycle},
          {"dram_bytes_per_cycle", roofline.bytes_per_cycle},
          {"ridge_macs_per_byte", roofline.ridge()},
          {"network", point_json(roofline.network)},
          {"layers", layers}};
}

}  // namespace npu::sim
