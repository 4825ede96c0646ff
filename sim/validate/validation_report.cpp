#include "sim/validate/validation_report.h"

#include <fmt/core.h>

#include "sim/report/text_table.h"

namespace npu::sim {
namespace {

std::string signed_percent(double ratio) { return fmt::format("{:+.1f} %", 100 * (ratio - 1)); }

std::string goal_text(const ComparisonGroup& group) {
  std::string text;
  if (group.goal_each_percent > 0) text += fmt::format("each {:.3g} %", group.goal_each_percent);
  if (group.goal_mean_percent > 0) {
    text += fmt::format("{}mean {:.3g} %", text.empty() ? "" : ", ", group.goal_mean_percent);
  }
  return text.empty() ? "-" : text;
}

std::string verdict(const ComparisonGroup& group) {
  if (group.goal_each_percent == 0 && group.goal_mean_percent == 0) return "-";
  const auto missed = group.misses().size();
  const bool mean_missed =
      group.goal_mean_percent > 0 && group.mean_error_percent() > group.goal_mean_percent;
  if (missed == 0 && !mean_missed) return "met";
  std::string text = missed > 0 ? fmt::format("{} missed", missed) : "";
  if (mean_missed) text += text.empty() ? "mean missed" : ", mean too";
  return text;
}

std::string summary(const Validation& validation, std::size_t width) {
  TextTable table({{"group", false, true},
                   {"values", true},
                   {"geometric mean", true},
                   {"mean", true},
                   {"worst", true},
                   {"of"},
                   {"goal"},
                   {"result"}});
  for (const auto& group : validation.groups) {
    std::size_t counted = 0;
    for (const auto& row : group.rows) counted += row.counted ? 1 : 0;
    table.add_row({group.name, fmt::format("{}", counted),
                   fmt::format("{:.1f} %", group.geometric_mean_error_percent()),
                   fmt::format("{:.1f} %", group.mean_error_percent()), signed_percent(group.worst().ratio()),
                   group.worst().item, goal_text(group), verdict(group)});
  }
  return table.render(width);
}

std::string dataflow_text(const DataflowAgreement& agreement) {
  std::string text =
      fmt::format("dataflow of {}: {} of {} layers as published, {} of {} of those that the figure decides\n",
                  agreement.name, agreement.agreeing(false), agreement.considered(false),
                  agreement.agreeing(true), agreement.considered(true));
  for (const auto& row : agreement.rows) {
    if (row.ours == row.published) continue;
    text += fmt::format("  {}: {}, published {}{}\n", row.item, row.ours, row.published,
                        row.decisive ? "" : " (a tie in the figure)");
  }
  return text;
}

}  // namespace

std::string validation_text(const Validation& validation, std::size_t width) {
  std::string text = fmt::format("{} against published figures: error of our estimate\n\n{}\n",
                                 validation.machine, summary(validation, width));
  for (const auto& agreement : validation.dataflows) text += dataflow_text(agreement);
  for (const auto& group : validation.groups) {
    text += fmt::format("\n{}{}\n", group.name, group.unit.empty() ? "" : ", " + group.unit);
    TextTable table({{"item"}, {"ours", true}, {"published", true}, {"ratio", true}, {""}});
    for (const auto& row : group.rows) {
      table.add_row({row.item, fmt::format("{:.4g}", row.ours), fmt::format("{:.4g}", row.published),
                     fmt::format("{:.3f}", row.ratio()), row.counted ? "" : "not counted"});
    }
    text += table.render(width);
  }
  return text;
}

std::string validation_csv(const Validation& validation) {
  std::string text = "group,item,unit,ours,published,ratio,counted\n";
  for (const auto& group : validation.groups) {
    for (const auto& row : group.rows) {
      text += fmt::format("\"{}\",\"{}\",{},{:.6g},{:.6g},{:.4f},{}\n", group.name, row.item, group.unit,
                          row.ours, row.published, row.ratio(), row.counted ? 1 : 0);
    }
  }
  for (const auto& agreement : validation.dataflows) {
    for (const auto& row : agreement.rows) {
      text += fmt::format("\"dataflow of {}\",\"{}\",,{},{},,{}\n", agreement.name, row.item, row.ours,
                          row.published, row.decisive ? 1 : 0);
    }
  }
  return text;
}

XyPlot validation_plot(const Validation& validation) {
  XyPlot plot;
  plot.title = validation.machine + ": ours over published";
  plot.x = {"value, in the order of the table", false, {}, {}};
  plot.y = {"ratio", false, {}, {}};
  double position = 0;
  for (const auto& group : validation.groups) {
    XySeries series;
    series.label = group.name;
    series.mark = Mark::kPoints;
    for (const auto& row : group.rows) {
      if (!row.counted) continue;
      series.x.push_back(++position);
      series.y.push_back(row.ratio());
    }
    plot.series.push_back(series);
  }
  XySeries one{"equal", Mark::kLine, {1, position}, {1, 1}, {}, {}, {}};
  plot.series.push_back(one);
  return plot;
}

}  // namespace npu::sim
