#include "sim/report/summary.h"

#include <fmt/core.h>

#include "hw/common/error.h"
#include "hw/timing/conv_timing.h"

namespace npu::sim {
namespace {

constexpr double kOperationsPerMac = 2.0;
constexpr double kTera = 1e12;

LayerSummary static_summary(const hw::LayerSymbol& layer, const RunReport& report) {
  LayerSummary summary;
  for (auto pc = layer.first_pc; pc < layer.last_pc; ++pc) {
    const auto& instruction = report.program.instructions.at(static_cast<std::size_t>(pc));
    if (instruction.opcode == hw::Opcode::kConv) {
      ++summary.tiles;
      summary.effective_macs += hw::effective_macs(hw::conv_work(instruction.conv()), report.arch);
    } else if (instruction.opcode == hw::Opcode::kVector) {
      ++summary.tiles;
    }
  }
  return summary;
}

double utilization(std::int64_t macs, Cycles cycles, const hw::ArchConfig& arch) {
  if (cycles <= 0) return 0;
  return static_cast<double>(macs) / (static_cast<double>(cycles) * arch.pe_array.pe_count());
}

DataSize data_size(const hw::Program& program) {
  DataSize size;
  for (const auto& layer : program.layers) {
    if (layer.weight_bytes > 0) size.channels += layer.out_channels;
  }
  size.channel_bytes = program.footprint.bias_bytes + program.footprint.shift_bytes;
  size.per_channel_scheme_bytes = size.channels * kPerChannelSchemeBytes;
  if (program.footprint.weight_bytes > 0) {
    size.shift_share_of_weights = static_cast<double>(program.footprint.shift_bytes) /
                                  static_cast<double>(program.footprint.weight_bytes);
  }
  return size;
}

TimedTotals timed_totals(const TimedRun& timed, const Summary& summary, const hw::ArchConfig& arch) {
  const std::int64_t macs = summary.macs;
  const auto images = static_cast<double>(summary.images);
  TimedTotals totals;
  totals.seconds = static_cast<double>(timed.result.cycles) / arch.clock_hz;
  totals.inferences_per_second = totals.seconds > 0 ? images / totals.seconds : 0.0;
  totals.cycles_per_image = static_cast<double>(timed.result.cycles) / images;
  totals.dram_bytes_per_image =
      static_cast<double>(timed.result.dram_read_bytes + timed.result.dram_write_bytes) / images;
  totals.utilization = utilization(macs, timed.result.cycles, arch);
  totals.energy = hw::energy_of(timed.result.counts, timed.energies);
  totals.energy_per_image = totals.energy.total / images;
  hw::AccessCounts fetch;
  fetch[hw::Component::kDram] = timed.result.instruction_fetch_bytes;
  totals.fetch_energy = hw::energy_of(fetch, timed.energies);
  const double joules_per_unit = timed.energies.joules_per_unit();
  if (joules_per_unit > 0 && totals.seconds > 0) {
    const double joules = totals.energy.total * joules_per_unit;
    totals.joules = joules;
    totals.average_watts = joules / totals.seconds;
    if (joules > 0) totals.tops_per_watt = kOperationsPerMac * static_cast<double>(macs) / joules / kTera;
    totals.energy_delay_joule_seconds = joules * totals.seconds;
  }
  return totals;
}

}  // namespace

Summary summarize(const RunReport& report) {
  const auto& layers = report.program.layers;
  if (report.timed && report.timed->result.layers.size() != layers.size()) {
    throw SimulationError("report", report.timed->result.cycles,
                          fmt::format("the run measured {} layers, the program has {}",
                                      report.timed->result.layers.size(), layers.size()));
  }
  Summary summary;
  for (std::size_t layer = 0; layer < layers.size(); ++layer) {
    auto line = static_summary(layers[layer], report);
    if (report.timed) {
      const auto& time = report.timed->result.layers[layer];
      line.utilization = utilization(layers[layer].macs, time.cycles, report.arch);
      line.dram_bytes = time.dram_read_bytes + time.dram_write_bytes;
      line.energy = hw::energy_of(time.counts, report.timed->energies);
    }
    summary.macs += layers[layer].macs;
    summary.parameters += layers[layer].parameters;
    summary.effective_macs += line.effective_macs;
    summary.layers.push_back(line);
  }
  summary.images = report.program.images();
  summary.data = data_size(report.program);
  if (report.timed) summary.timed = timed_totals(*report.timed, summary, report.arch);
  return summary;
}

}  // namespace npu::sim
