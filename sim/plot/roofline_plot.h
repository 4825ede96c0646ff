// The picture of a roofline (sim/report/roofline.h): the ceiling of the machine, and a point for each layer.
#pragma once

#include <string>

#include "sim/plot/plot.h"
#include "sim/report/roofline.h"

namespace npu::sim {

/// Both axes logarithmic; layers bound by the array and by DRAM are series of their own, and the network is a
/// point.
XyPlot roofline_plot(const Roofline& roofline, const std::string& title);

}  // namespace npu::sim
