#include "sim/cli/sweep_output.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "hw/common/file.h"
#include "sim/cli/sweep_plots.h"
#include "sim/cli/terminal.h"
#include "sim/plot/plot.h"
#include "sim/report/format.h"
#include "sim/report/text_table.h"
#include "sim/report/version.h"

namespace npu::sim {
namespace {

constexpr std::size_t kShownFrontPoints = 20;

double metric(const SweepRow& row, const MetricInfo& info) {
  return value_of(row.result.values, info.metric).value_or(kNoValue);
}

/// `network` empty: of all, here and below.
std::vector<const SweepRow*> front_of(const SweepFindings& findings, const std::string& network,
                                      const MetricInfo& by) {
  std::vector<const SweepRow*> front;
  for (const SweepRow& row : findings.rows) {
    if (row.on_front && (network.empty() || row.result.network == network)) front.push_back(&row);
  }
  std::stable_sort(front.begin(), front.end(),
                   [&](const SweepRow* a, const SweepRow* b) { return metric(*a, by) < metric(*b, by); });
  return front;
}

/// The networks that have a front; one empty name if it is that of all.
std::vector<std::string> fronts_of(const SweepSpec& spec) {
  return spec.joint_front ? std::vector<std::string>{""} : spec.networks;
}

// front, or front_NETWORK; of models with the same file name in several folders with the whole path.
std::string picture_name(const SweepSpec& spec, const std::string& network) {
  if (network.empty()) return "front";
  const std::string label = network_label(network);
  const auto same = std::count_if(spec.networks.begin(), spec.networks.end(),
                                  [&](const std::string& name) { return network_label(name) == label; });
  std::string name = "front_" + (same == 1 ? label : network);
  std::replace(name.begin(), name.end(), '/', '_');
  return name;
}

void draw_front(const SweepSpec& spec, const nlohmann::json& points, const std::string& network,
                const std::filesystem::path& folder) {
  const XyPlot plot = front_plot(points, spec.name, network, *find_metric(spec.objectives[0]),
                                 *find_metric(spec.objectives[1]));
  if (plot.series.empty()) return;
  draw(plot, folder / picture_name(spec, network));
}

nlohmann::json to_json(const SweepCounts& counts) {
  return {{"evaluated", counts.evaluated},
          {"known", counts.known},
          {"excluded", counts.excluded},
          {"refused", counts.refused},
          {"failed", counts.failed}};
}

nlohmann::json summary_json(const SweepSpec& spec, const SweepFindings& findings) {
  nlohmann::json front = nlohmann::json::array();
  for (const SweepRow& row : findings.rows) {
    if (row.on_front) front.push_back(row.point);
  }
  return {{"schema_version", 1},
          {"tool_version", tool_version()},
          {"revision", git_revision()},
          {"sweep", spec.source},
          {"space_points", findings.space_size},
          {"counts", to_json(findings.counts)},
          {"front_points", front},
          {"confirmation", to_json(findings.confirmation)},
          {"estimate_error",
           {{"points", findings.error.points},
            {"mean_percent", findings.error.mean_percent},
            {"mean_absolute_percent", findings.error.mean_absolute_percent},
            {"smallest_percent", findings.error.smallest_percent},
            {"largest_percent", findings.error.largest_percent}}}};
}

// Numbers whose unit takes no prefix stand as they are.
std::string metric_text(double value, const MetricInfo& info) {
  const std::string unit = info.unit;
  return unit == "%" || unit == "mm2" ? fmt::format("{:.4g}", value) : with_prefix(value);
}

std::string front_table(const SweepSpec& spec, const SweepFindings& findings, const std::string& network) {
  const auto front = front_of(findings, network, *find_metric(spec.objectives[0]));
  std::vector<TextColumn> columns{{"point", true, false}};
  if (network.empty()) columns.push_back({"network"});
  if (spec.architectures.size() > 1) columns.push_back({"architecture", false, true});
  for (const Axis& axis : spec.axes) columns.push_back({axis.name, true, true});
  for (const std::string& objective : spec.objectives) columns.push_back({objective, true, false});
  TextTable table(std::move(columns));
  for (std::size_t index = 0; index < std::min(front.size(), kShownFrontPoints); ++index) {
    const SweepRow& row = *front[index];
    std::vector<std::string> cells{std::to_string(row.point)};
    if (network.empty()) cells.push_back(row.result.network);
    if (spec.architectures.size() > 1) cells.push_back(row.result.arch_name);
    for (const Axis& axis : spec.axes) cells.push_back(value_text(row.axis_values.at(axis.name)));
    for (const std::string& objective : spec.objectives) {
      const MetricInfo& info = *find_metric(objective);
      cells.push_back(metric_text(metric(row, info), info));
    }
    table.add_row(std::move(cells));
  }
  std::string text =
      fmt::format("\nPareto front of {} ({} points)\n{}", network.empty() ? "all networks" : network,
                  front.size(), table.render(output_width()));
  if (front.size() > kShownFrontPoints) {
    text += fmt::format("... and {} more in points.csv (on_front = 1)\n", front.size() - kShownFrontPoints);
  }
  return text;
}

// The first reason of refused and failed points, and what kept all others off the front.
std::string why_points_are_missing(const SweepSpec& spec, const SweepFindings& findings) {
  std::string text;
  std::set<PointStatus> told;
  bool any_done = false;
  bool any_front = false;
  for (const SweepRow& row : findings.rows) {
    any_done |= row.result.status == PointStatus::kDone;
    any_front |= row.on_front;
    if (row.result.status == PointStatus::kDone || !told.insert(row.result.status).second) continue;
    text += fmt::format("  {}, for example point {}: {}\n", status_name(row.result.status), row.point,
                        row.result.message);
  }
  if (any_done && !any_front) {
    text += "  no point has all objectives and meets the constraints on results: " +
            spec.source.value("constraints", nlohmann::json::array()).dump() + "\n";
  }
  return text;
}

}  // namespace

void write_findings(const SweepSpec& spec, const SweepFindings& findings,
                    const std::filesystem::path& folder) {
  std::vector<SweepRow> rows = findings.rows;
  rows.insert(rows.end(), findings.confirmed.begin(), findings.confirmed.end());
  write_file(folder / "points.csv", sweep_csv(spec, rows));
  const auto points = sweep_json(rows);
  write_file(folder / "points.json", points.dump(1) + "\n");
  write_file(folder / "machines.json", machines_json(rows).dump() + "\n");
  write_file(folder / "summary.json", summary_json(spec, findings).dump(1) + "\n");
  if (spec.objectives.size() < 2 || !can_draw()) return;
  for (const std::string& network : fronts_of(spec)) draw_front(spec, points, network, folder);
}

std::string findings_text(const SweepSpec& spec, const SweepFindings& findings,
                          const std::filesystem::path& folder) {
  const SweepCounts& counts = findings.counts;
  std::string text = fmt::format(
      "{}: {} of {} points evaluated in {:.1f} s ({:.0f} a second), {} known, {} excluded, {} "
      "refused, {} failed\n",
      spec.name, with_separators(counts.evaluated), with_separators(findings.space_size), findings.seconds,
      static_cast<double>(counts.evaluated) / std::max(findings.seconds, 1e-9), counts.known, counts.excluded,
      counts.refused, counts.failed);
  text += why_points_are_missing(spec, findings);
  for (const std::string& network : fronts_of(spec)) text += front_table(spec, findings, network);
  if (findings.error.points > 0) {
    const EstimateError& error = findings.error;
    text += fmt::format(
        "\nSystemC on {} points: the estimate's cycles are off by {:+.2f} % on average, {:.2f} % in size, "
        "from {:+.2f} to {:+.2f} %\n",
        error.points, error.mean_percent, error.mean_absolute_percent, error.smallest_percent,
        error.largest_percent);
  }
  return text + fmt::format("\nresults: {}\n", (folder / "points.csv").string());
}

}  // namespace npu::sim
