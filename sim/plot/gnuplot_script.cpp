#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "hw/common/error.h"
#include "sim/plot/plot.h"

namespace npu::sim {
namespace {

// Okabe and Ito's, and one more for stacks of nine.
constexpr std::array kColours = {"#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7",
                                 "#56B4E9", "#000000", "#999999", "#882255"};
constexpr std::array kPointTypes = {7, 5, 9, 11, 13, 6, 4, 8, 10};

const char* colour(std::size_t series) { return kColours[series % kColours.size()]; }
int point_type(std::size_t series) { return kPointTypes[series % kPointTypes.size()]; }

// Text between double quotes, without gnuplot's markup.
std::string quote(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c == '\n' ? ' ' : c;
  }
  return quoted + '"';
}

std::string number(double value) { return std::isfinite(value) ? fmt::format("{:.10g}", value) : "NaN"; }

std::string limit(const std::optional<double>& value) { return value ? number(*value) : "*"; }

std::string axis_lines(const char* name, const PlotAxis& axis) {
  std::string lines = fmt::format("set {}label {} noenhanced\nset {}range [{}:{}]\n", name, quote(axis.title),
                                  name, limit(axis.minimum), limit(axis.maximum));
  if (axis.logarithmic) lines += fmt::format("set logscale {}\n", name);
  return lines;
}

std::string head(const std::string& title) {
  return fmt::format(
      "set encoding utf8\nset title {} noenhanced\nset grid ytics lc '#dddddd'\n"
      "set key outside top center horizontal reverse Left samplen 2 noenhanced\nset pointintervalbox 0\nset "
      "border 3\nset tics nomirror out\nset xtics "
      "noenhanced\n",
      quote(title));
}

std::string data_block(std::size_t index, const std::string& rows) {
  return fmt::format("$data{} << END_OF_DATA\n{}END_OF_DATA\n", index, rows);
}

std::string rows_of(const XySeries& series) {
  std::string rows;
  for (std::size_t point = 0; point < series.x.size(); ++point) {
    rows += number(series.x[point]) + " " + number(series.y[point]);
    rows += " " + number(series.low.empty() ? series.y[point] : series.low[point]);
    rows += " " + number(series.high.empty() ? series.y[point] : series.high[point]);
    rows += " " + quote(series.texts.empty() ? "" : series.texts[point]) + "\n";
  }
  return rows;
}

const char* style_of(Mark mark) {
  switch (mark) {
    case Mark::kLine:
      return "lines";
    case Mark::kPoints:
      return "points";
    case Mark::kLinePoints:
      return "linespoints";
    case Mark::kSteps:
      return "steps";
  }
  return "";
}

/// Large numbers on an axis are written with a prefix: 1.20 M.
std::string number_format(const char* axis, const std::vector<XySeries>& series,
                          std::vector<double> XySeries::*values) {
  constexpr double kLarge = 1e5;
  double largest = 0;
  for (const XySeries& each : series) {
    for (const double value : each.*values) {
      if (std::isfinite(value)) largest = std::max(largest, std::abs(value));
    }
  }
  return largest < kLarge ? "" : fmt::format("set format {} '%.2s %c'\n", axis);
}

void check(const XySeries& series) {
  const auto fits = [&](std::size_t size) { return size == 0 || size == series.x.size(); };
  NPU_CHECK(series.y.size() == series.x.size() && fits(series.low.size()) && fits(series.high.size()) &&
                series.low.size() == series.high.size() && fits(series.texts.size()),
            "a series has one x, y, interval and text for each point: " + series.label);
}

void check(const BarPlot& plot, const BarSeries& series) {
  const auto fits = [&](std::size_t size) { return size == 0 || size == plot.categories.size(); };
  NPU_CHECK(series.values.size() == plot.categories.size() && fits(series.low.size()) &&
                series.low.size() == series.high.size(),
            "a bar series has one value and interval for each category: " + series.label);
}

// Bars are drawn as boxes at computed places, so that grouped and stacked bars, intervals and the points of
// the second axis share one x axis: category i stands at x = i.
struct BarLayout {
  double width;
  double offset;  // of the series' centre from the category's
};

BarLayout bar_layout(const BarPlot& plot, std::size_t series) {
  constexpr double kGroupWidth = 0.8;
  if (plot.stacked) return {kGroupWidth, 0};
  const double width = kGroupWidth / static_cast<double>(plot.bars.size());
  return {width * 0.94, (static_cast<double>(series) + 0.5) * width - kGroupWidth / 2};
}

// Rows: x, bottom, top, width, low, high.
std::string bar_rows(const BarPlot& plot, std::size_t index, std::vector<double>& heights) {
  const BarSeries& series = plot.bars[index];
  const BarLayout layout = bar_layout(plot, index);
  std::string rows;
  for (std::size_t category = 0; category < plot.categories.size(); ++category) {
    const double bottom = plot.stacked ? heights[category] : 0;
    const double top = bottom + series.values[category];
    if (std::isfinite(top)) heights[category] = top;
    rows += fmt::format("{} {} {} {} {} {}\n", number(static_cast<double>(category) + layout.offset),
                        number(bottom), number(top), number(layout.width),
                        number(series.low.empty() ? top : series.low[category]),
                        number(series.high.empty() ? top : series.high[category]));
  }
  return rows;
}

std::string category_tics(const std::vector<std::string>& categories) {
  constexpr std::size_t kLevelCharacters = 90;  // beyond, the names stand upright
  constexpr std::size_t kManyCategories = 40;   // beyond, in small letters
  std::size_t characters = 0;
  std::string tics;
  for (std::size_t index = 0; index < categories.size(); ++index) {
    characters += categories[index].size() + 2;
    tics += fmt::format("{}{} {}", index == 0 ? "" : ", ", quote(categories[index]), index);
  }
  return fmt::format("set xtics noenhanced ({}){}{}\n", tics,
                     characters > kLevelCharacters ? " rotate by 90 right" : "",
                     categories.size() > kManyCategories ? " font ',9'" : "");
}

}  // namespace

std::string gnuplot_script(const XyPlot& plot) {
  std::string script = head(plot.title) + axis_lines("x", plot.x) + axis_lines("y", plot.y) +
                       number_format("x", plot.series, &XySeries::x) +
                       number_format("y", plot.series, &XySeries::y) + "set rmargin 5\n";
  std::string curves;
  for (std::size_t index = 0; index < plot.series.size(); ++index) {
    const XySeries& series = plot.series[index];
    check(series);
    script += data_block(index, rows_of(series));
    const std::string look = fmt::format("lc rgb '{}' pt {} ps 0.9 lw 1.6", colour(index), point_type(index));
    curves += fmt::format("{}$data{} using 1:2 with {} {} title {}", index == 0 ? "" : ", ", index,
                          style_of(series.mark), look, quote(series.label));
    if (!series.low.empty())
      curves += fmt::format(", $data{} using 1:2:3:4 with yerrorbars {} notitle", index, look);
    if (!series.texts.empty()) {
      curves +=
          fmt::format(", $data{} using 1:2:5 with labels left offset 0.8,0.4 noenhanced notitle", index);
    }
  }
  return script + (curves.empty() ? "" : "plot " + curves + "\n");
}

std::string gnuplot_script(const BarPlot& plot) {
  std::string script = head(plot.title) + axis_lines("y", plot.y) + category_tics(plot.categories);
  script += fmt::format("set xrange [-0.6:{}]\nset style fill solid 1.0 noborder\n",
                        static_cast<double>(plot.categories.size()) - 0.4);
  std::vector<double> heights(plot.categories.size(), 0.0);
  std::string curves;
  for (std::size_t index = 0; index < plot.bars.size(); ++index) {
    check(plot, plot.bars[index]);
    script += data_block(index, bar_rows(plot, index, heights));
    curves += fmt::format("{}$data{} using 1:3:($1-$4/2):($1+$4/2):2:3 with boxxyerror lc rgb '{}' title {}",
                          index == 0 ? "" : ", ", index, colour(index), quote(plot.bars[index].label));
    if (plot.bars[index].low.empty()) continue;
    curves +=
        fmt::format(", $data{} using 1:3:5:6 with yerrorbars lc rgb '#333333' pt 0 lw 1.4 notitle", index);
  }
  if (plot.points) {
    check(plot, *plot.points);
    script += axis_lines("y2", plot.y2) + "set border 11\nset y2tics\n";
    std::string rows;
    for (std::size_t category = 0; category < plot.categories.size(); ++category) {
      rows += fmt::format("{} {}\n", category, number(plot.points->values[category]));
    }
    script += data_block(plot.bars.size(), rows);
    curves += fmt::format("{}$data{} using 1:2 axes x1y2 with {} lc rgb '#000000' lw 1 pt 7 ps 0.6 title {}",
                          curves.empty() ? "" : ", ", plot.bars.size(), style_of(plot.points_mark),
                          quote(plot.points->label));
  }
  return script + (curves.empty() ? "" : "plot " + curves + "\n");
}

}  // namespace npu::sim
