// Pictures of runs, from their result.json: by layer, by network, roofline, memory over time, accuracy.
#pragma once

#include <string>
#include <vector>

#include "sim/cli/result_files.h"
#include "sim/plot/plot.h"

namespace npu::sim {

/// Cycles of each layer, coloured by dataflow, with the utilisation of the array as a line. Throws InputError
/// for a run without time (functional engine), as all others here do.
BarPlot layers_plot(const RunFolder& run);

/// Time of each run as bars, energy as points on a second axis. Throws InputError if energies have different
/// units.
BarPlot networks_plot(const std::vector<RunFolder>& runs);

/// Energy of each run by component, stacked.
BarPlot energy_plot(const std::vector<RunFolder>& runs);

/// MACs per cycle of each layer against MACs per byte of its DRAM traffic, under the array's and the bus's
/// limits.
XyPlot roofline_plot(const RunFolder& run);

/// Live bytes of each on-chip memory over the run, in percent of its capacity.
XyPlot memory_plot(const RunFolder& run);

/// One network in a picture of accuracy against cost.
struct AccuracyPoint {
  std::string name;
  double top1_percent = 0;
  double seconds = 0;
  double energy = 0;
};
/// From runs that measured accuracy; throws InputError for others.
std::vector<AccuracyPoint> accuracy_points(const std::vector<RunFolder>& runs);
/// From a CSV file with the columns name, top1_percent, seconds, energy. Throws InputError with the line at
/// fault.
std::vector<AccuracyPoint> read_accuracy_table(const std::filesystem::path& file);

/// Accuracy against latency, and against energy (in `energy_unit`), each point with its name.
XyPlot accuracy_time_plot(const std::vector<AccuracyPoint>& points);
XyPlot accuracy_energy_plot(const std::vector<AccuracyPoint>& points, const std::string& energy_unit);

/// The unit that all runs' energies have. Throws InputError if they have different ones.
std::string common_energy_unit(const std::vector<RunFolder>& runs);

}  // namespace npu::sim
