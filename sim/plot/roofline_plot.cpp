#include "sim/plot/roofline_plot.h"

#include <algorithm>

namespace npu::sim {

XyPlot roofline_plot(const Roofline& roofline, const std::string& title) {
  XyPlot plot;
  plot.title = title;
  plot.x = {"arithmetic intensity, MACs per byte of DRAM traffic", true, {}, {}};
  plot.y = {"MACs per cycle", true, {}, {}};
  double lowest = roofline.ridge();
  double highest = roofline.ridge();
  XySeries compute{"layers bound by the array", Mark::kPoints, {}, {}, {}, {}, {}};
  XySeries memory{"layers bound by DRAM", Mark::kPoints, {}, {}, {}, {}, {}};
  for (const RooflinePoint& point : roofline.layers) {
    XySeries& series = point.memory_bound ? memory : compute;
    series.x.push_back(point.intensity);
    series.y.push_back(point.macs_per_cycle);
    lowest = std::min(lowest, point.intensity);
    highest = std::max(highest, point.intensity);
  }
  XySeries ceiling{"ceiling", Mark::kLine, {}, {}, {}, {}, {}};
  constexpr double kMargin = 2;  // beyond the outermost layers
  ceiling.x = {lowest / kMargin, roofline.ridge(), highest * kMargin};
  for (const double intensity : ceiling.x) {
    ceiling.y.push_back(std::min(intensity * roofline.bytes_per_cycle, roofline.peak_macs_per_cycle));
  }
  plot.series.push_back(ceiling);
  for (const XySeries& series : {memory, compute}) {
    if (!series.x.empty()) plot.series.push_back(series);
  }
  if (roofline.network.intensity > 0) {
    plot.series.push_back({"network",
                           Mark::kPoints,
                           {roofline.network.intensity},
                           {roofline.network.macs_per_cycle},
                           {},
                           {},
                           {}});
  }
  return plot;
}

}  // namespace npu::sim
