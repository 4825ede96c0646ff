#include "sim/report/layers_csv.h"

#include <fmt/core.h>

#include "hw/common/error.h"

namespace npu::sim {
namespace {

std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string field = "\"";
  for (const char c : text) {
    if (c == '"') field += '"';
    field += c;
  }
  return field + "\"";
}

}  // namespace

std::string layers_csv(const RunReport& report, const Summary& summary) {
  NPU_CHECK(report.timed.has_value(), "layers.csv needs a timed run");
  std::string text =
      "index,layer,op,dataflow,macs,start_cycle,end_cycle,cycles,compute_busy_cycles,stalled_cycles,"
      "utilization,"
      "dram_read_bytes,dram_write_bytes,energy\n";
  for (std::size_t index = 0; index < report.program.layers.size(); ++index) {
    const auto& layer = report.program.layers[index];
    const auto& time = report.timed->result.layers[index];
    Cycles stalled = 0;
    for (const auto& [cause, cycles] : time.stalls) stalled += cycles;
    text += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", index, quoted(layer.name),
                        quoted(layer.op), layer.dataflow, layer.macs, time.start, time.end, time.cycles,
                        time.compute_busy, stalled, summary.layers[index].utilization, time.dram_read_bytes,
                        time.dram_write_bytes, summary.layers[index].energy.total);
  }
  return text;
}

}  // namespace npu::sim
