#include <fmt/core.h>

#include <algorithm>
#include <numeric>

#include "sim/report/format.h"
#include "sim/report/tables.h"
#include "sim/report/text_table.h"

namespace npu::sim {
namespace {

// The causes that have a column of their own; all others are summed under "other".
struct StallColumn {
  const char* cause;
  const char* title;
};
constexpr StallColumn kStallColumns[] = {
    {"load_weights", "w.load"}, {"load_activations", "a.load"}, {"store", "store"}};

Cycles stall(const LayerTime& time, const std::string& cause) {
  const auto found = time.stalls.find(cause);
  return found == time.stalls.end() ? 0 : found->second;
}

Cycles all_stalls(const std::map<std::string, Cycles>& stalls) {
  return std::accumulate(stalls.begin(), stalls.end(), Cycles{0},
                         [](Cycles sum, const auto& entry) { return sum + entry.second; });
}

// "ws", "os", "os dw" for depthwise; the operation where the vector unit does the work.
std::string flow_text(const hw::LayerSymbol& layer) {
  if (layer.dataflow.empty()) return layer.op;
  return layer.op == "depthwise" ? layer.dataflow + " dw" : layer.dataflow;
}

struct Detail {
  bool wide;
  bool medium;
  bool timed;
};

std::vector<TextColumn> layer_columns(const Detail& detail) {
  std::vector<TextColumn> columns{{"#", true, false}, {"layer", false, true}};
  if (detail.medium || !detail.timed) {
    columns.push_back({"shape", false, true});
  }
  columns.push_back({"flow"});
  if (detail.medium || !detail.timed) {
    columns.push_back({"tiles", true});
    columns.push_back({"MACs", true});
  }
  if (!detail.timed) {
    columns.push_back({"weights", true});
    columns.push_back({"saturated", true});
    return columns;
  }
  columns.push_back({"cycles", true});
  columns.push_back({"share", true});
  if (detail.wide) {
    for (const auto& column : kStallColumns) columns.push_back({column.title, true});
    columns.push_back({"other", true});
  } else {
    columns.push_back({"stalls", true});
  }
  columns.push_back({"util", true});
  columns.push_back({"DRAM", true});
  columns.push_back({"energy", true});
  return columns;
}

void add_timed_cells(const RunReport& report, const LayerSummary& line, const LayerTime& time,
                     const Detail& detail, std::vector<std::string>& cells) {
  const auto& run = *report.timed;
  cells.push_back(with_separators(time.cycles));
  cells.push_back(percent_text(run.result.cycles > 0
                                   ? static_cast<double>(time.cycles) / static_cast<double>(run.result.cycles)
                                   : 0.0));
  Cycles other = all_stalls(time.stalls);
  if (detail.wide) {
    for (const auto& column : kStallColumns) {
      cells.push_back(with_separators(stall(time, column.cause)));
      other -= stall(time, column.cause);
    }
  }
  cells.push_back(with_separators(other));
  cells.push_back(percent_text(line.utilization));
  cells.push_back(bytes_text(line.dram_bytes));
  cells.push_back(energy_text(line.energy.total, run.energies.joules_per_unit(), run.energies.unit));
}

}  // namespace

std::string layer_table(const RunReport& report, const Summary& summary, std::size_t width) {
  const Detail detail{width >= kWideTable, width >= kMediumTable, report.timed.has_value()};
  TextTable table(layer_columns(detail));
  for (std::size_t index = 0; index < report.program.layers.size(); ++index) {
    const auto& layer = report.program.layers[index];
    const auto& line = summary.layers[index];
    std::vector<std::string> cells{fmt::format("{}", index), layer.name};
    if (detail.medium || !detail.timed) {
      cells.push_back(layer.shape);
    }
    cells.push_back(flow_text(layer));
    if (detail.medium || !detail.timed) {
      cells.push_back(fmt::format("{}", line.tiles));
      cells.push_back(layer.macs > 0 ? with_prefix(static_cast<double>(layer.macs)) : "-");
    }
    if (detail.timed) {
      add_timed_cells(report, line, report.timed->result.layers[index], detail, cells);
    } else {
      cells.push_back(bytes_text(layer.weight_bytes));
      cells.push_back(index < report.saturated.size() ? with_separators(report.saturated[index]) : "-");
    }
    table.add_row(std::move(cells));
  }
  return table.render(width);
}

std::string choice_table(const hw::Program& program, std::size_t width) {
  TextTable table(
      {{"#", true, false}, {"layer", false, true}, {"flow"}, {"tiling", false, true}, {"why", false, true}});
  for (std::size_t index = 0; index < program.layers.size(); ++index) {
    const auto& layer = program.layers[index];
    table.add_row(
        {fmt::format("{}", index), layer.name, flow_text(layer), layer.tiling, layer.dataflow_reason});
  }
  return table.render(width);
}

std::string unit_table(const RunResult& result, std::size_t width) {
  TextTable table({{"unit"},
                   {"busy", true},
                   {"", true},
                   {"stalled", true},
                   {"idle", true},
                   {"stalls by cause", false, true}});
  const auto add = [&](const std::string& name, const UnitTime& unit) {
    std::vector<std::pair<std::string, Cycles>> causes(unit.stalls.begin(), unit.stalls.end());
    std::stable_sort(causes.begin(), causes.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    std::string text;
    for (const auto& [cause, cycles] : causes) {
      if (cycles > 0)
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", cause, with_separators(cycles));
    }
    const double share =
        result.cycles > 0 ? static_cast<double>(unit.busy) / static_cast<double>(result.cycles) : 0.0;
    table.add_row({name, with_separators(unit.busy), percent_text(share),
                   with_separators(all_stalls(unit.stalls)), with_separators(unit.idle), text});
  };
  for (int unit = 0; unit < hw::kUnits; ++unit) {
    add(hw::unit_name(static_cast<hw::Unit>(unit)), result.units[static_cast<std::size_t>(unit)]);
  }
  add("compounding_unit", result.compounding_unit);
  add("dram_bus", result.dram_bus);
  return table.render(width);
}

}  // namespace npu::sim
