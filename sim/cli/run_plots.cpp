#include "sim/cli/run_plots.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "hw/common/error.h"

namespace npu::sim {
namespace {

constexpr double kPercent = 100;

void require_time(const RunFolder& run) {
  if (!run.result.at("cycles").is_null()) return;
  throw InputError(run.folder.string(),
                   "holds a run of the functional engine, which has no time; expected --engine "
                   "systemc or estimate");
}

// Runs with one network and several machines, or one machine and several networks, are named by what differs.
std::vector<std::string> short_names(const std::vector<RunFolder>& runs) {
  const auto differs = [&](const char* key) {
    return std::any_of(runs.begin(), runs.end(), [&](const RunFolder& run) {
      return run.result.at(key) != runs.front().result.at(key);
    });
  };
  const bool networks = differs("network");
  const bool machines = differs("arch");
  std::vector<std::string> names;
  for (const RunFolder& run : runs) {
    names.push_back(networks == machines ? run.title
                                         : run.result.at(networks ? "network" : "arch").get<std::string>());
  }
  return names;
}

/// Bars in `scale`d units with a prefix that keeps numbers small.
struct Scale {
  double factor = 1;
  std::string prefix;
};
Scale scale_of(double largest) {
  constexpr std::array<std::pair<double, const char*>, 4> kScales = {
      {{1e12, "10^12 "}, {1e9, "10^9 "}, {1e6, "million "}, {1e3, "thousand "}}};
  for (const auto& [factor, prefix] : kScales) {
    if (largest >= factor) return {factor, prefix};
  }
  return {};
}

}  // namespace

BarPlot layers_plot(const RunFolder& run) {
  BarPlot plot;
  with_result_errors(run.folder, [&] {
    require_time(run);
    constexpr std::array<std::pair<const char*, const char*>, 3> kFlows = {
        {{"ws", "weight-stationary"}, {"os", "output-stationary"}, {"", "vector unit"}}};
    plot.title = run.title;
    plot.y = {"cycles (thousand)", false, 0.0, {}};
    plot.y2 = {"MACs of peak (%)", false, 0.0, {}};
    plot.stacked = true;
    plot.points_mark = Mark::kLinePoints;
    plot.points = BarSeries{"MACs of peak", {}, {}, {}};
    for (const auto& [flow, label] : kFlows) plot.bars.push_back({label, {}, {}, {}});
    for (const auto& layer : run.result.at("layers")) {
      plot.categories.push_back(layer.at("name").get<std::string>());
      for (std::size_t flow = 0; flow < kFlows.size(); ++flow) {
        const bool its_own = layer.at("dataflow") == kFlows[flow].first;
        plot.bars[flow].values.push_back(its_own ? layer.at("cycles").get<double>() / 1000 : kNoValue);
      }
      const bool has_macs = layer.at("macs").get<double>() > 0;
      plot.points->values.push_back(has_macs ? kPercent * layer.at("utilization").get<double>() : kNoValue);
    }
  });
  return plot;
}

std::string common_energy_unit(const std::vector<RunFolder>& runs) {
  std::string unit;
  for (const RunFolder& run : runs) {
    with_result_errors(run.folder, [&] {
      require_time(run);
      const auto found = run.result.at("energy").at("unit").get<std::string>();
      if (unit.empty()) unit = found;
      if (unit != found)
        throw InputError(run.folder.string(),
                         fmt::format("its energy is in {}, that of others in {}", found, unit));
    });
  }
  return unit;
}

BarPlot networks_plot(const std::vector<RunFolder>& runs) {
  const std::string unit = common_energy_unit(runs);
  BarPlot plot;
  plot.title = "Time and energy";
  plot.categories = short_names(runs);
  plot.y = {"time (ms)", false, 0.0, {}};
  plot.bars = {{"time", {}, {}, {}}};
  plot.points = BarSeries{"energy", {}, {}, {}};
  double largest = 0;
  for (const RunFolder& run : runs) {
    with_result_errors(run.folder, [&] {
      plot.bars[0].values.push_back(run.result.at("seconds").get<double>() * 1000);
      plot.points->values.push_back(run.result.at("energy").at("total").get<double>());
    });
    largest = std::max(largest, plot.points->values.back());
  }
  const Scale scale = scale_of(largest);
  for (double& value : plot.points->values) value /= scale.factor;
  plot.y2 = {fmt::format("energy ({}{})", scale.prefix, unit), false, 0.0, {}};
  return plot;
}

BarPlot energy_plot(const std::vector<RunFolder>& runs) {
  const std::string unit = common_energy_unit(runs);
  BarPlot plot;
  plot.title = "Energy by component";
  plot.categories = short_names(runs);
  plot.stacked = true;
  double largest = 0;
  for (const RunFolder& run : runs) {
    with_result_errors(
        run.folder, [&] { largest = std::max(largest, run.result.at("energy").at("total").get<double>()); });
  }
  const Scale scale = scale_of(largest);
  plot.y = {fmt::format("energy ({}{})", scale.prefix, unit), false, 0.0, {}};
  for (const RunFolder& run : runs) {
    with_result_errors(run.folder, [&] {
      const auto& parts = run.result.at("energy").at("by_component");
      for (const auto& [part, value] : parts.items()) {
        auto series = std::find_if(plot.bars.begin(), plot.bars.end(),
                                   [&](const BarSeries& other) { return other.label == part; });
        if (series == plot.bars.end()) {
          series = plot.bars.insert(plot.bars.end(), {part, {}, {}, {}});
          series->values.resize(runs.size());
        }
        series->values[static_cast<std::size_t>(&run - runs.data())] = value.get<double>() / scale.factor;
      }
    });
  }
  std::erase_if(plot.bars, [](const BarSeries& series) {
    return std::all_of(series.values.begin(), series.values.end(), [](double value) { return value == 0; });
  });
  return plot;
}

XyPlot roofline_plot(const RunFolder& run) {
  XyPlot plot;
  with_result_errors(run.folder, [&] {
    require_time(run);
    const auto& config = run.result.at("config");
    const double peak =
        config.at("pe_array").at("rows").get<double>() * config.at("pe_array").at("columns").get<double>();
    const double bandwidth = config.at("dram").at("bytes_per_cycle").get<double>();
    const double ridge = peak / bandwidth;
    plot.title = fmt::format("Roofline of {}", run.title);
    plot.x = {"MACs per byte of DRAM traffic", true, {}, {}};
    plot.y = {"MACs per cycle", true, {}, {}};
    XySeries ws{"weight-stationary", Mark::kPoints, {}, {}, {}, {}, {}};
    XySeries os{"output-stationary", Mark::kPoints, {}, {}, {}, {}, {}};
    double low = ridge;
    double high = ridge;
    for (const auto& layer : run.result.at("layers")) {
      const double macs = layer.at("macs").get<double>();
      const double bytes = layer.at("dram_bytes").get<double>();
      const double cycles = layer.at("cycles").get<double>();
      if (macs <= 0 || bytes <= 0 || cycles <= 0) continue;
      XySeries& series = layer.at("dataflow") == "os" ? os : ws;
      series.x.push_back(macs / bytes);
      series.y.push_back(macs / cycles);
      low = std::min(low, macs / bytes);
      high = std::max(high, macs / bytes);
    }
    low /= 2;
    high *= 2;
    XySeries roof{fmt::format("limits: {:g} MACs/cycle, {:g} bytes/cycle", peak, bandwidth),
                  Mark::kLine,
                  {low, ridge, high},
                  {low * bandwidth, peak, peak},
                  {},
                  {},
                  {}};
    for (XySeries* series : {&ws, &os, &roof}) {
      if (!series->x.empty()) plot.series.push_back(std::move(*series));
    }
  });
  return plot;
}

XyPlot memory_plot(const RunFolder& run) {
  XyPlot plot;
  with_result_errors(run.folder, [&] {
    require_time(run);
    plot.title = fmt::format("On-chip memory of {}", run.title);
    plot.x = {"time (thousand cycles)", false, 0.0, {}};
    plot.y = {"live bytes, of the capacity (%)", false, 0.0, 105.0};
    for (const auto& [memory, fill] : run.result.at("footprint").at("sram").items()) {
      XySeries series{fmt::format("{}, {} bytes", memory, fill.at("capacity_bytes").get<std::int64_t>()),
                      Mark::kSteps,
                      {},
                      {},
                      {},
                      {},
                      {}};
      for (const auto& bytes : fill.at("slot_bytes")) {
        series.x.push_back(static_cast<double>(series.x.size()) * fill.at("slot_cycles").get<double>() /
                           1000);
        series.y.push_back(kPercent * bytes.get<double>() / fill.at("capacity_bytes").get<double>());
      }
      plot.series.push_back(std::move(series));
    }
  });
  return plot;
}

std::vector<AccuracyPoint> accuracy_points(const std::vector<RunFolder>& runs) {
  std::vector<AccuracyPoint> points;
  for (const RunFolder& run : runs) {
    with_result_errors(run.folder, [&] {
      require_time(run);
      const auto& accuracy = run.result.at("accuracy");
      if (accuracy.is_null() || accuracy.at("top1").is_null()) {
        throw InputError(run.folder.string(),
                         "holds a run without accuracy; expected one with --images and --labels");
      }
      points.push_back({run.title, accuracy.at("top1").get<double>(), run.result.at("seconds").get<double>(),
                        run.result.at("energy").at("total").get<double>()});
    });
  }
  return points;
}

}  // namespace npu::sim
