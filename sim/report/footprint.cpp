#include "sim/report/footprint.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "hw/common/units.h"
#include "sim/report/format.h"
#include "sim/report/text_table.h"

namespace npu::sim {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kSparkWidth = 64;
constexpr std::size_t kMediumReportWidth = 120;
constexpr std::size_t kShownShares = 4;
constexpr std::size_t kShownReloads = 12;

Bytes capacity_of(const std::string& memory, const hw::ArchConfig& arch) {
  if (memory == "weight_sram") return arch.weight_sram.capacity_bytes;
  if (memory == "global_buffer") return arch.global_buffer.capacity_bytes;
  return arch.accumulator_store.capacity_bytes;
}

// Fill over time, each character the largest of its part of the run; a full block is the whole memory.
std::string sparkline(const MemoryFill& fill, Bytes capacity) {
  static constexpr std::array kBars{" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  std::string text;
  const std::size_t count = std::min(kSparkWidth, fill.slot_bytes.size());
  for (std::size_t bar = 0; bar < count; ++bar) {
    const auto begin =
        fill.slot_bytes.begin() + static_cast<std::ptrdiff_t>(bar * fill.slot_bytes.size() / count);
    const auto end =
        fill.slot_bytes.begin() + static_cast<std::ptrdiff_t>((bar + 1) * fill.slot_bytes.size() / count);
    const std::int64_t bytes = *std::max_element(begin, end);
    const auto level = ceil_div(bytes * std::int64_t{std::size(kBars) - 1}, std::max<Bytes>(capacity, 1));
    text += kBars.at(static_cast<std::size_t>(std::clamp<std::int64_t>(level, 0, std::size(kBars) - 1)));
  }
  return text;
}

std::string layer_name(const RunReport& report, std::int64_t layer) {
  return layer < 0 ? "no layer" : report.program.layers.at(static_cast<std::size_t>(layer)).name;
}

std::string share_text(const RunReport& report, const FillShare& share) {
  const std::string map = share.kind == "input" || share.kind == "output" ? " " + share.tensor : "";
  return fmt::format("{} {}{} of {}", bytes_text(share.bytes), share.kind, map,
                     layer_name(report, share.layer));
}

std::string fill_text(const RunReport& report) {
  std::string text = "memory over the run (full block: full memory)\n";
  for (const auto& [memory, fill] : report.timed->result.fill) {
    const Bytes capacity = capacity_of(memory, report.arch);
    text += fmt::format("  {:<18} |{}|\n", memory, sparkline(fill, capacity));
    std::vector<std::string> shares;
    for (std::size_t index = 0; index < std::min(kShownShares, fill.peak_shares.size()); ++index) {
      shares.push_back(share_text(report, fill.peak_shares[index]));
    }
    text += fmt::format("  {:<18} {} of {} at cycle {}: {}\n", "  fullest", bytes_text(fill.peak_bytes),
                        bytes_text(capacity), with_separators(fill.peak_cycle), fmt::join(shares, ", "));
  }
  return text;
}

std::string peak_text(const RunReport& report) {
  const auto& footprint = report.program.footprint;
  if (footprint.peak_tensors.empty()) return "";
  return fmt::format("  {:<18} {} while {} runs: {}\n", "maps in DRAM",
                     bytes_text(footprint.peak_live_activation_bytes),
                     footprint.peak_layer.empty() ? "no layer" : footprint.peak_layer,
                     fmt::join(footprint.peak_tensors, ", "));
}

std::string formats_text(const RunReport& report, const Summary& summary) {
  TextTable table({{"the network as"},
                   {"weights", true},
                   {"per channel", true},
                   {"feature maps", true},
                   {"together", true}});
  for (const auto& format : format_sizes(report, summary)) {
    table.add_row({format.name, bytes_text(format.weight_bytes), bytes_text(format.channel_bytes),
                   bytes_text(format.activation_bytes), bytes_text(format.total())});
  }
  return table.render(kMediumReportWidth);
}

// The layers that reload most, with advice where it was asked for.
std::string reload_text(const RunReport& report) {
  struct Line {
    const hw::LayerSymbol* layer;
    Bytes bytes;
  };
  std::vector<Line> lines;
  Bytes total = 0;
  for (const auto& layer : report.program.layers) {
    const Bytes bytes = layer.reloaded_weight_bytes + layer.reloaded_input_bytes;
    total += bytes;
    if (bytes > 0) lines.push_back({&layer, bytes});
  }
  if (lines.empty()) return "no layer loads anything twice\n";
  std::stable_sort(lines.begin(), lines.end(),
                   [](const Line& a, const Line& b) { return a.bytes > b.bytes; });
  std::string text = fmt::format("{} layers load {} more than once", lines.size(), bytes_text(total));
  text += lines.size() > kShownReloads ? fmt::format("; the largest {}\n", kShownReloads) : "\n";
  std::vector<TextColumn> columns{{"layer", false, true}, {"weights", true}, {"inputs", true}};
  if (report.advice) {
    columns.push_back({"ended by a global buffer of", true});
    columns.push_back({"or a weight SRAM of", true});
  }
  TextTable table(columns);
  const auto size = [](const std::optional<Bytes>& bytes) { return bytes ? bytes_text(*bytes) : "none"; };
  for (std::size_t index = 0; index < std::min(kShownReloads, lines.size()); ++index) {
    const auto& layer = *lines[index].layer;
    std::vector<std::string> row{layer.name, bytes_text(layer.reloaded_weight_bytes),
                                 bytes_text(layer.reloaded_input_bytes)};
    if (report.advice) {
      const auto& advice = *report.advice;
      const auto found = std::find_if(advice.begin(), advice.end(), [&](const auto& entry) {
        return &report.program.layers[static_cast<std::size_t>(entry.layer)] == &layer;
      });
      row.push_back(found == advice.end() ? "?" : size(found->global_buffer_bytes));
      row.push_back(found == advice.end() ? "?" : size(found->weight_sram_bytes));
    }
    table.add_row(row);
  }
  return text + table.render(kMediumReportWidth);
}

Json fill_json(const MemoryFill& fill, Bytes capacity) {
  Json shares = Json::array();
  for (const auto& share : fill.peak_shares) {
    shares.push_back(
        {{"layer", share.layer}, {"kind", share.kind}, {"tensor", share.tensor}, {"bytes", share.bytes}});
  }
  return {{"capacity_bytes", capacity},        {"slot_cycles", fill.slot_cycles},
          {"slot_bytes", fill.slot_bytes},     {"layer_bytes", fill.layer_bytes},
          {"peak_cycle", fill.peak_cycle},     {"peak_bytes", fill.peak_bytes},
          {"peak_contents", std::move(shares)}};
}

}  // namespace

std::vector<FormatSize> format_sizes(const RunReport& report, const Summary& summary) {
  constexpr double kShiftBytes = 0.5;  // two 4-bit shifts in a byte
  const auto& footprint = report.program.footprint;
  const auto& data = report.arch.data;
  const std::int64_t weights = footprint.weight_bytes / data.weight_bytes();
  const std::int64_t activations = footprint.activation_bytes / data.activation_bytes();
  const std::int64_t channels = summary.data.channels;
  const auto shifts = static_cast<std::int64_t>(static_cast<double>(channels) * kShiftBytes + kShiftBytes);
  return {{fmt::format("compiled here (w{} a{})", data.weight_bits, data.activation_bits),
           footprint.weight_bytes, summary.data.channel_bytes, footprint.activation_bytes},
          {"8 bits, layer scale and 4-bit shifts", weights, 4 * channels + shifts, activations},
          {"8 bits, a scale per channel", weights, kPerChannelSchemeBytes * channels, activations},
          {"16 bits, layer scale and 4-bit shifts", 2 * weights, 6 * channels + shifts, 2 * activations},
          {"float32", 4 * weights, 4 * channels, 4 * activations}};
}

std::string footprint_text(const RunReport& report, const Summary& summary) {
  std::string text;
  if (report.timed && !report.timed->result.fill.empty()) text += fill_text(report);
  return text + peak_text(report) + "\n" + reload_text(report) + "\n" + formats_text(report, summary);
}

Json footprint_json(const RunReport& report, const Summary& summary) {
  Json json;
  json["sram"] = nullptr;
  if (report.timed && !report.timed->result.fill.empty()) {
    json["sram"] = Json::object();
    for (const auto& [memory, fill] : report.timed->result.fill) {
      json["sram"][memory] = fill_json(fill, capacity_of(memory, report.arch));
    }
  }
  json["dram_peak"] = {{"bytes", report.program.footprint.peak_live_activation_bytes},
                       {"layer", report.program.footprint.peak_layer},
                       {"tensors", report.program.footprint.peak_tensors}};
  json["reloads"] = Json::array();
  for (std::size_t index = 0; index < report.program.layers.size(); ++index) {
    const auto& layer = report.program.layers[index];
    if (layer.reloaded_weight_bytes + layer.reloaded_input_bytes == 0) continue;
    Json entry{{"layer", index},
               {"name", layer.name},
               {"weight_bytes", layer.reloaded_weight_bytes},
               {"input_bytes", layer.reloaded_input_bytes}};
    const auto size = [](const std::optional<Bytes>& bytes) { return bytes ? Json(*bytes) : Json(nullptr); };
    for (const auto& advice : report.advice.value_or(std::vector<compiler::BufferAdvice>{})) {
      if (advice.layer != static_cast<std::int64_t>(index)) continue;
      entry["ended_by_global_buffer_bytes"] = size(advice.global_buffer_bytes);
      entry["ended_by_weight_sram_bytes"] = size(advice.weight_sram_bytes);
    }
    json["reloads"].push_back(std::move(entry));
  }
  json["formats"] = Json::array();
  for (const auto& format : format_sizes(report, summary)) {
    json["formats"].push_back({{"name", format.name},
                               {"weight_bytes", format.weight_bytes},
                               {"channel_bytes", format.channel_bytes},
                               {"activation_bytes", format.activation_bytes},
                               {"total_bytes", format.total()}});
  }
  return json;
}

}  // namespace npu::sim
