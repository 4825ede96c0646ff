// Pictures of a sweep, from its points.json: Pareto front of a network, a metric along an axis.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sim/explore/metrics.h"
#include "sim/plot/plot.h"

namespace npu::sim {

/// "Energy (pJ)": the metric's title, with the unit of the points' energy table where it is an energy.
std::string metric_title(const MetricInfo& metric, const nlohmann::json& points);

/// A network's name in titles and file names: of a path the file's name without .onnx.
std::string network_label(const std::string& network);

/// All points of `network` (empty: of all) by the first engine among them, those marked as front joined, and
/// the SystemC runs. Empty series are left out; no series: the network has no front.
XyPlot front_plot(const nlohmann::json& points, const std::string& title, const std::string& network,
                  const MetricInfo& x, const MetricInfo& y);

/// What a curve shows: the best `metric` at each value of `axis`, one curve for each network, or for each
/// network and value of the axis `by` if that is given; of `network` alone if that is given.
struct CurveChoice {
  std::string axis;
  const MetricInfo* metric = nullptr;
  std::string by;
  std::string network;
};

/// Throws InputError (naming `where`) if no point has the axes, or `axis` has values that are no numbers.
XyPlot curve_plot(const nlohmann::json& points, const std::string& where, const std::string& title,
                  const CurveChoice& choice);

}  // namespace npu::sim
