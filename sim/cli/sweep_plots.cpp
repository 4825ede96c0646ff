#include "sim/cli/sweep_plots.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "hw/common/error.h"
#include "sim/explore/sweep_results.h"

namespace npu::sim {
namespace {

constexpr double kWideRange = 8;  // largest / smallest from which a logarithmic axis reads better

bool has(const nlohmann::json& row, const MetricInfo& metric) {
  return row.at("status") == "done" && row.at("values").contains(metric.name);
}
double value(const nlohmann::json& row, const MetricInfo& metric) {
  return row.at("values").at(metric.name).get<double>();
}

bool is_wide(const std::vector<double>& values) {
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  return !values.empty() && *low > 0 && *high / *low >= kWideRange;
}

void add(XySeries& series, const nlohmann::json& row, const MetricInfo& x, const MetricInfo& y) {
  series.x.push_back(value(row, x));
  series.y.push_back(value(row, y));
}

const nlohmann::json& axis_value(const nlohmann::json& row, const std::string& axis,
                                 const std::string& where) {
  if (row.at("axes").contains(axis)) return row.at("axes").at(axis);
  std::string known;
  for (const auto& [name, ignored] : row.at("axes").items()) known += (known.empty() ? "" : ", ") + name;
  throw InputError(where, fmt::format("has no axis '{}'; expected one of: {}", axis, known));
}

}  // namespace

std::string metric_title(const MetricInfo& metric, const nlohmann::json& points) {
  std::string unit = metric.unit;
  for (const auto& row : points) {
    const auto& details = row.at("details");
    if (!details.is_object() || !details.contains("energy_unit")) continue;
    const std::string energy = details.at("energy_unit").get<std::string>();
    if (metric.metric == Metric::kEnergy) unit = energy;
    if (metric.metric == Metric::kEnergyDelay) unit = energy + " x s";
    break;
  }
  return fmt::format("{} ({})", metric.description, unit);
}

std::string network_label(const std::string& network) {
  const std::filesystem::path path = network;
  return path.extension() == ".onnx" ? path.stem().string() : network;
}

XyPlot front_plot(const nlohmann::json& points, const std::string& title, const std::string& network,
                  const MetricInfo& x, const MetricInfo& y) {
  XySeries all{"evaluated", Mark::kPoints, {}, {}, {}, {}, {}};
  XySeries front{"Pareto front", Mark::kLinePoints, {}, {}, {}, {}, {}};
  XySeries simulated{"SystemC", Mark::kPoints, {}, {}, {}, {}, {}};
  std::vector<const nlohmann::json*> members;
  const bool mixed = std::any_of(points.begin(), points.end(),
                                 [](const auto& row) { return row.at("engine") != "systemc"; });
  for (const auto& row : points) {
    if ((!network.empty() && row.at("network") != network) || !has(row, x) || !has(row, y)) continue;
    if (mixed && row.at("engine") == "systemc") {
      add(simulated, row, x, y);
    } else if (row.at("on_front").get<bool>()) {
      members.push_back(&row);
    } else {
      add(all, row, x, y);
    }
  }
  std::stable_sort(members.begin(), members.end(),
                   [&](const auto* a, const auto* b) { return value(*a, x) < value(*b, x); });
  for (const auto* row : members) add(front, *row, x, y);
  XyPlot plot;
  plot.title = network.empty() ? title : fmt::format("{}: {}", title, network_label(network));
  std::vector<double> xs = all.x;
  std::vector<double> ys = all.y;
  xs.insert(xs.end(), front.x.begin(), front.x.end());
  ys.insert(ys.end(), front.y.begin(), front.y.end());
  plot.x = {metric_title(x, points), is_wide(xs), {}, {}};
  plot.y = {metric_title(y, points), is_wide(ys), {}, {}};
  if (front.x.empty()) return plot;
  for (XySeries* series : {&all, &front, &simulated}) {
    if (!series->x.empty()) plot.series.push_back(std::move(*series));
  }
  return plot;
}

namespace {

std::string curve_label(const CurveChoice& choice, const std::string& network, const nlohmann::json& group) {
  if (choice.by.empty()) return network_label(network);
  const std::string by = fmt::format("{} {}", choice.by, value_text(group));
  return choice.network.empty() ? network_label(network) + ", " + by : by;
}

}  // namespace

XyPlot curve_plot(const nlohmann::json& points, const std::string& where, const std::string& title,
                  const CurveChoice& choice) {
  const MetricInfo& metric = *choice.metric;
  // Network and value of `by` (numbers in their order) -> axis value -> best.
  std::map<std::pair<std::string, nlohmann::json>, std::map<double, double>> curves;
  for (const auto& row : points) {
    const auto& at = axis_value(row, choice.axis, where);
    if (!at.is_number()) {
      throw InputError(where,
                       fmt::format("axis '{}' has the value {}; expected numbers", choice.axis, at.dump()));
    }
    const std::string network = row.at("network").get<std::string>();
    if (!choice.network.empty() && network != choice.network) continue;
    if (!has(row, metric) || row.at("engine") != points.front().at("engine")) continue;
    const nlohmann::json group = choice.by.empty() ? nlohmann::json() : axis_value(row, choice.by, where);
    const auto [best, first] = curves[{network, group}].emplace(at.get<double>(), value(row, metric));
    const bool better =
        metric.smaller_is_better ? value(row, metric) < best->second : value(row, metric) > best->second;
    if (!first && better) best->second = value(row, metric);
  }
  if (curves.empty()) throw InputError(where, "has no such point with a result");
  XyPlot plot;
  std::vector<double> xs;
  std::vector<double> ys;
  for (const auto& [key, curve] : curves) {
    XySeries series{curve_label(choice, key.first, key.second), Mark::kLinePoints, {}, {}, {}, {}, {}};
    for (const auto& [at, best] : curve) {
      series.x.push_back(at);
      series.y.push_back(best);
      xs.push_back(at);
      ys.push_back(best);
    }
    plot.series.push_back(std::move(series));
  }
  plot.title = choice.network.empty() ? title : fmt::format("{}: {}", title, network_label(choice.network));
  plot.x = {choice.axis, is_wide(xs), {}, {}};
  plot.y = {metric_title(metric, points), is_wide(ys), {}, {}};
  return plot;
}

}  // namespace npu::sim
