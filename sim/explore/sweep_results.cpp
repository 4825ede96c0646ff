#include "sim/explore/sweep_results.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "hw/common/csv.h"
#include "hw/common/error.h"
#include "sim/explore/pareto.h"
#include "sim/explore/sampling.h"
#include "sim/explore/sweep_runner.h"

namespace npu::sim {
namespace {

// `network` empty: all of them.
void mark_front(std::vector<SweepRow>& rows, const SweepSpec& spec, const std::string& network) {
  std::vector<std::vector<double>> costs;
  std::vector<SweepRow*> candidates;
  for (SweepRow& row : rows) {
    if (!network.empty() && row.result.network != network) continue;
    if (row.result.status != PointStatus::kDone) continue;
    auto cost = objective_costs(row.result.values, spec.objectives);
    if (cost.empty() || !meets_constraints(spec, row.result.values)) continue;
    costs.push_back(std::move(cost));
    candidates.push_back(&row);
  }
  for (const std::size_t member : pareto_front(costs)) candidates[member]->on_front = true;
}

}  // namespace

std::string value_text(const nlohmann::json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::vector<SweepRow> sweep_rows(ResultStore& store, std::int64_t sweep, const SweepSpec& spec,
                                 const std::string& engine) {
  std::vector<SweepRow> rows;
  for (const SweepPoint& point : store.points(sweep)) {
    auto result = store.result(point.key);
    if (!result || result->identity.engine != engine) continue;
    rows.push_back({point.index, nlohmann::json::parse(point.axis_values_json), std::move(*result), false});
  }
  if (spec.joint_front) {
    mark_front(rows, spec, "");
    return rows;
  }
  for (const std::string& network : spec.networks) mark_front(rows, spec, network);
  return rows;
}

std::vector<std::int64_t> points_to_confirm(const std::vector<SweepRow>& estimates, const SweepSpec& spec) {
  std::set<std::int64_t> chosen;
  std::vector<std::int64_t> others;
  for (const SweepRow& row : estimates) {
    if (row.on_front && spec.confirmation.front) {
      chosen.insert(row.point);
    } else if (row.result.status == PointStatus::kDone) {
      others.push_back(row.point);
    }
  }
  SampleRandom random(spec.sampling.seed);
  for (std::int64_t drawn = 0; drawn < spec.confirmation.random_points && !others.empty(); ++drawn) {
    const auto place = static_cast<std::size_t>(random.below(static_cast<std::int64_t>(others.size())));
    chosen.insert(others[place]);
    others[place] = others.back();
    others.pop_back();
  }
  return {chosen.begin(), chosen.end()};
}

EstimateError estimate_error(const std::vector<SweepRow>& estimates, const std::vector<SweepRow>& simulated) {
  std::map<std::int64_t, double> cycles;
  for (const SweepRow& row : estimates) {
    if (const auto& value = value_of(row.result.values, Metric::kCycles)) cycles[row.point] = *value;
  }
  EstimateError error;
  for (const SweepRow& row : simulated) {
    const auto& exact = value_of(row.result.values, Metric::kCycles);
    const auto found = cycles.find(row.point);
    if (!exact || found == cycles.end()) continue;
    const double percent = 100.0 * (found->second / *exact - 1.0);
    error.smallest_percent = error.points == 0 ? percent : std::min(error.smallest_percent, percent);
    error.largest_percent = error.points == 0 ? percent : std::max(error.largest_percent, percent);
    error.mean_percent += percent;
    error.mean_absolute_percent += std::abs(percent);
    ++error.points;
  }
  if (error.points > 0) {
    error.mean_percent /= static_cast<double>(error.points);
    error.mean_absolute_percent /= static_cast<double>(error.points);
  }
  return error;
}

std::string sweep_csv(const SweepSpec& spec, const std::vector<SweepRow>& rows) {
  std::string csv = "point,network,architecture";
  for (const Axis& axis : spec.axes) csv += "," + csv_field(axis.name);
  csv += ",engine,status";
  for (const MetricInfo& info : metrics()) csv += fmt::format(",{}", info.name);
  csv += ",on_front,message\n";
  for (const SweepRow& row : rows) {
    csv += fmt::format("{},{},{}", row.point, csv_field(row.result.network), csv_field(row.result.arch_name));
    for (const Axis& axis : spec.axes) csv += "," + csv_field(value_text(row.axis_values.at(axis.name)));
    csv += fmt::format(",{},{}", row.result.identity.engine, status_name(row.result.status));
    for (const auto& value : row.result.values) csv += value ? fmt::format(",{:.12g}", *value) : ",";
    csv += fmt::format(",{},{}\n", row.on_front ? 1 : 0, csv_field(row.result.message));
  }
  return csv;
}

nlohmann::json sweep_json(const std::vector<SweepRow>& rows) {
  nlohmann::json list = nlohmann::json::array();
  for (const SweepRow& row : rows) {
    nlohmann::json values = nlohmann::json::object();
    for (const MetricInfo& info : metrics()) {
      if (const auto& value = value_of(row.result.values, info.metric)) values[info.name] = *value;
    }
    const auto& details = row.result.details_json;
    list.push_back({{"point", row.point},
                    {"network", row.result.network},
                    {"architecture", row.result.arch_name},
                    {"axes", row.axis_values},
                    {"engine", row.result.identity.engine},
                    {"machine", row.result.identity.arch_hash},
                    {"status", status_name(row.result.status)},
                    {"message", row.result.message},
                    {"values", values},
                    {"details", details.empty() ? nlohmann::json() : nlohmann::json::parse(details)},
                    {"on_front", row.on_front}});
  }
  return list;
}

nlohmann::json machines_json(const std::vector<SweepRow>& rows) {
  nlohmann::json bases = nlohmann::json::array();
  nlohmann::json machines = nlohmann::json::object();
  std::map<std::string, std::size_t> base_of;  // by name of the base architecture
  for (const SweepRow& row : rows) {
    nlohmann::json& machine = machines[row.result.identity.arch_hash];
    if (!machine.is_null()) continue;
    const auto config = nlohmann::json::parse(row.result.arch_json);
    const auto [base, first] = base_of.emplace(row.result.arch_name, bases.size());
    if (first) bases.push_back(config);
    machine = {{"base", base->second}, {"patch", nlohmann::json::diff(bases[base->second], config)}};
  }
  return {{"bases", bases}, {"machines", machines}};
}

}  // namespace npu::sim
