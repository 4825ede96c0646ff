// Pictures for reports: what a picture shows, as data, and the one way to draw it (gnuplot, as SVG and PNG).
// Legends stand outside the data, colours are Okabe and Ito's, which colour-blind readers tell apart.
#pragma once

#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace npu::sim {

/// A value that is not drawn.
inline constexpr double kNoValue = std::numeric_limits<double>::quiet_NaN();

struct PlotAxis {
  std::string title;  ///< with its unit
  bool logarithmic = false;
  std::optional<double> minimum;
  std::optional<double> maximum;
};

enum class Mark { kLine, kPoints, kLinePoints, kSteps };

/// Points (x[i], y[i]) of an XyPlot, optionally with an interval low[i]..high[i] in y and a text beside each.
struct XySeries {
  std::string label;
  Mark mark = Mark::kLinePoints;
  std::vector<double> x;
  std::vector<double> y;
  std::vector<double> low;
  std::vector<double> high;
  std::vector<std::string> texts;
};

struct XyPlot {
  std::string title;
  PlotAxis x;
  PlotAxis y;
  std::vector<XySeries> series;
};

/// One value for each category of a BarPlot, optionally with an interval.
struct BarSeries {
  std::string label;
  std::vector<double> values;
  std::vector<double> low;
  std::vector<double> high;
};

/// Bars by category, side by side or stacked, optionally with points on a second axis at the right.
struct BarPlot {
  std::string title;
  std::vector<std::string> categories;
  PlotAxis y;
  std::vector<BarSeries> bars;
  bool stacked = false;
  PlotAxis y2;
  std::optional<BarSeries> points;  ///< against y2
  Mark points_mark = Mark::kPoints;
};

/// The gnuplot program of a picture without terminal and output. Throws InternalError if lengths differ.
std::string gnuplot_script(const XyPlot& plot);
std::string gnuplot_script(const BarPlot& plot);

/// Draws `base`.svg and `base`.png (`base` has no extension), both or none. Throws InputError if gnuplot is
/// missing or fails, or if the files cannot be written.
void draw(const XyPlot& plot, const std::filesystem::path& base);
void draw(const BarPlot& plot, const std::filesystem::path& base);

/// Is gnuplot installed? Tests and optional pictures ask.
bool can_draw();

}  // namespace npu::sim
