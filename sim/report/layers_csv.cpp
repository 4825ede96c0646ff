#include "sim/report/layers_csv.h"

#include <fmt/core.h>

#include "hw/common/csv.h"
#include "hw/common/error.h"

namespace npu::sim {
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
    text += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", index, csv_field(layer.name),
                        csv_field(layer.op), layer.dataflow, layer.macs, time.start, time.end, time.cycles,
                        time.compute_busy, stalled, summary.layers[index].utilization, time.dram_read_bytes,
                        time.dram_write_bytes, summary.layers[index].energy.total);
  }
  return text;
}

}  // namespace npu::sim
