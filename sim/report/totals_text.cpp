#include <fmt/core.h>

#include <map>
#include <vector>

#include "sim/report/format.h"
#include "sim/report/tables.h"

namespace npu::sim {
namespace {

constexpr std::size_t kLineLength = 110;  ///< of listed items, without the label

std::string line(const std::string& label, const std::string& text) {
  return fmt::format("  {:<18} {}\n", label, text);
}

// The items with commas, in as many lines as they need.
std::string list_lines(const std::string& label, const std::vector<std::string>& items) {
  std::string lines;
  std::string text;
  for (const auto& item : items) {
    if (!text.empty() && text.size() + item.size() > kLineLength) {
      lines += line(lines.empty() ? label : "", text + ",");
      text.clear();
    }
    text += (text.empty() ? "" : ", ") + item;
  }
  return lines + line(lines.empty() ? label : "", text);
}

std::string energy_lines(const TimedRun& run, const TimedTotals& totals) {
  const double joules_per_unit = run.energies.joules_per_unit();
  const auto text = [&](double energy) { return energy_text(energy, joules_per_unit, run.energies.unit); };
  std::string shown = text(totals.energy.total);
  if (totals.average_watts) {
    shown += fmt::format(", average power {}", with_prefix(*totals.average_watts, "W"));
    if (totals.tops_per_watt) shown += fmt::format(", {:.2f} TOPS/W", *totals.tops_per_watt);
    shown += fmt::format(", energy-delay {}", with_prefix(*totals.energy_delay_joule_seconds, "Js"));
  }
  std::string lines = line("energy", shown + fmt::format("  [table {}]", run.energies.table_name));
  std::vector<std::string> parts;
  for (int component = 0; component < hw::kComponents; ++component) {
    const double part = totals.energy.by_component[static_cast<std::size_t>(component)];
    if (part <= 0) continue;
    parts.push_back(fmt::format("{} {} ({})", hw::component_name(static_cast<hw::Component>(component)),
                                text(part), percent_text(part / totals.energy.total)));
  }
  return lines + list_lines("  by component", parts);
}

std::string area_lines(const hw::AreaBreakdown& area) {
  std::vector<std::string> parts;
  for (std::size_t part = 0; part < area.mm2.size(); ++part) {
    parts.push_back(fmt::format("{} {:.3f}", hw::kAreaPartNames[part], area.mm2[part]));
  }
  return line("area", fmt::format("{:.3f} mm2 of datapaths and memories", area.total_mm2)) +
         list_lines("  by part", parts);
}

std::string timed_lines(const RunReport& report, const Summary& summary) {
  const auto& run = *report.timed;
  const auto& totals = *summary.timed;
  std::string lines =
      line("cycles", fmt::format("{}  =  {:.3f} ms at {}  =  {:.1f} inferences/s",
                                 with_separators(run.result.cycles), totals.seconds * 1e3,
                                 with_prefix(report.arch.clock_hz, "Hz"), totals.inferences_per_second));
  if (summary.images > 1) {
    lines += line(
        "  per image",
        fmt::format("{:.0f} cycles, {:.3f} ms, {}, {} DRAM; batch of {}", totals.cycles_per_image,
                    totals.seconds * 1e3 / static_cast<double>(summary.images),
                    energy_text(totals.energy_per_image, run.energies.joules_per_unit(), run.energies.unit),
                    bytes_text(static_cast<std::int64_t>(totals.dram_bytes_per_image)), summary.images));
  }
  lines += line("utilisation", fmt::format("{} of {} x {} PEs", percent_text(totals.utilization),
                                           report.arch.pe_array.rows, report.arch.pe_array.columns));
  lines += energy_lines(run, totals);
  if (run.energies.area) lines += area_lines(*run.energies.area);
  lines += line(
      "DRAM traffic",
      fmt::format("{} read ({} of it instructions), {} written", bytes_text(run.result.dram_read_bytes),
                  bytes_text(run.result.instruction_fetch_bytes), bytes_text(run.result.dram_write_bytes)));
  const std::map<std::string, Bytes> capacities{
      {"weight_sram", report.arch.weight_sram.capacity_bytes},
      {"global_buffer", report.arch.global_buffer.capacity_bytes},
      {"accumulator_store", report.arch.accumulator_store.capacity_bytes}};
  std::vector<std::string> marks;
  for (const auto& [memory, bytes] : run.result.high_water_bytes) {
    const auto capacity = capacities.find(memory);
    marks.push_back(fmt::format("{} {}", memory, bytes_text(bytes)));
    if (capacity != capacities.end()) marks.back() += " of " + bytes_text(capacity->second);
  }
  return lines + list_lines("SRAM high water", marks);
}

std::string footprint_lines(const RunReport& report, const Summary& summary) {
  const auto& footprint = report.program.footprint;
  const auto instructions = static_cast<std::int64_t>(report.program.instructions.size());
  const std::vector<std::string> items{
      "weights " + bytes_text(footprint.weight_bytes),
      "biases " + bytes_text(footprint.bias_bytes),
      "shifts " + bytes_text(footprint.shift_bytes),
      "tables " + bytes_text(footprint.table_bytes),
      fmt::format("{} instructions {}", with_separators(instructions),
                  bytes_text(footprint.instruction_bytes)),
      fmt::format("activations {} (peak live {})", bytes_text(footprint.activation_bytes),
                  bytes_text(footprint.peak_live_activation_bytes))};
  std::string lines = list_lines("DRAM footprint", items);
  const auto& data = summary.data;
  if (data.channels == 0) return lines;
  return lines +
         list_lines(
             "per-channel data",
             {fmt::format("biases and shifts {} for {} channels ({:.1f} bytes each)",
                          bytes_text(data.channel_bytes), with_separators(data.channels),
                          static_cast<double>(data.channel_bytes) / static_cast<double>(data.channels)),
              fmt::format("per-channel scales would take {} ({} bytes each)",
                          bytes_text(data.per_channel_scheme_bytes), kPerChannelSchemeBytes),
              fmt::format("the shifts are {} of the weights", percent_text(data.shift_share_of_weights, 2))});
}

std::string optional_percent(const std::optional<double>& value) {
  return value ? fmt::format("{:.2f} %", *value) : "not measured";
}

}  // namespace

std::string accuracy_text(const RunReport& report) {
  if (!report.accuracy) return "";
  const auto& accuracy = *report.accuracy;
  std::string lines =
      line("accuracy", fmt::format("{} images, {}", with_separators(accuracy.images), accuracy.source));
  if (accuracy.top1) {
    lines += line("  top-1", fmt::format("{}   float {}", optional_percent(accuracy.top1),
                                         optional_percent(accuracy.float_top1)));
    if (accuracy.difference_low) {
      lines += line("", fmt::format("{:+.2f} points against float, 95 % interval {:+.2f} to {:+.2f}",
                                    *accuracy.top1 - *accuracy.float_top1, *accuracy.difference_low,
                                    *accuracy.difference_high));
    }
    lines += line("  top-5", fmt::format("{}   float {}", optional_percent(accuracy.top5),
                                         optional_percent(accuracy.float_top5)));
  }
  lines += line("  agreement", fmt::format("{} (same top-1 class as the float network)",
                                           optional_percent(accuracy.agreement)));
  if (accuracy.divergence) {
    lines += line("  divergence", fmt::format("{:.4f} nats (KL, from float)", *accuracy.divergence));
  }
  return lines;
}

std::string totals_text(const RunReport& report, const Summary& summary) {
  std::string text =
      fmt::format("{} on {}, {} engine\n", report.program.network, report.arch.name, report.engine);
  text += line("network", fmt::format("{}; {} MACs, {} parameters, {} layers", report.network_source,
                                      with_prefix(static_cast<double>(summary.macs)),
                                      with_prefix(static_cast<double>(summary.parameters)),
                                      report.program.layers.size()));
  if (!report.calibration_source.empty()) text += line("calibration", report.calibration_source);
  text += line("input", report.input_source);
  if (report.timed) text += timed_lines(report, summary);
  text += footprint_lines(report, summary);
  text += accuracy_text(report);
  if (report.check.compared > 0) {
    text += line("engines",
                 fmt::format("{} of {} outputs of the SystemC machine equal the functional engine's, byte "
                             "for byte",
                             report.check.compared - report.check.different, report.check.compared));
  }
  return text;
}

std::string headline(const RunReport& report, const Summary& summary) {
  std::string text = fmt::format("{} on {}", report.program.network, report.arch.name);
  if (report.timed) {
    text += fmt::format(": {} cycles, {:.3f} ms, {}", with_separators(report.timed->result.cycles),
                        summary.timed->seconds * 1e3,
                        energy_text(summary.timed->energy.total, report.timed->energies.joules_per_unit(),
                                    report.timed->energies.unit));
  }
  if (report.accuracy && report.accuracy->top1)
    text += fmt::format(", top-1 {:.2f} %", *report.accuracy->top1);
  if (!report.output_sha256.empty()) text += ", output " + report.output_sha256.substr(0, 16);
  return text + "\n";
}

}  // namespace npu::sim
