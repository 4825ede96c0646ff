// Accuracy against cost: the table of networks and its two pictures.
#include <fmt/format.h>

#include <charconv>
#include <sstream>

#include "hw/common/error.h"
#include "hw/common/file.h"
#include "sim/cli/run_plots.h"

namespace npu::sim {
namespace {

constexpr const char* kHeader = "name,top1_percent,seconds,energy";

double number_field(const std::string& text, const std::string& where, const char* what) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size()) return value;
  throw InputError(where, fmt::format("found '{}' as {}, expected a number", text, what));
}

XyPlot accuracy_plot(const std::vector<AccuracyPoint>& points, const char* title, const std::string& x_title,
                     double AccuracyPoint::*cost, double scale) {
  XyPlot plot;
  plot.title = title;
  plot.x = {x_title, false, 0.0, {}};
  plot.y = {"top-1 accuracy (%)", false, {}, {}};
  XySeries series{"", Mark::kPoints, {}, {}, {}, {}, {}};
  for (const AccuracyPoint& point : points) {
    series.x.push_back(point.*cost * scale);
    series.y.push_back(point.top1_percent);
    series.texts.push_back(point.name);
  }
  plot.series.push_back(std::move(series));
  return plot;
}

}  // namespace

std::vector<AccuracyPoint> read_accuracy_table(const std::filesystem::path& file) {
  std::istringstream lines(read_text_file(file));
  std::string line;
  std::getline(lines, line);
  if (!line.empty() && line.back() == '\r') line.pop_back();
  if (line != kHeader) {
    throw InputError(file.string(), fmt::format("found the heading '{}', expected '{}'", line, kHeader));
  }
  std::vector<AccuracyPoint> points;
  for (int number = 2; std::getline(lines, line); ++number) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty()) continue;
    const std::string where = fmt::format("{}:{}", file.string(), number);
    std::vector<std::string> fields;
    std::istringstream text(line);
    for (std::string field; std::getline(text, field, ',');) fields.push_back(field);
    if (fields.size() != 4)
      throw InputError(where, fmt::format("found {} fields, expected 4", fields.size()));
    points.push_back({fields[0], number_field(fields[1], where, "top1_percent"),
                      number_field(fields[2], where, "seconds"), number_field(fields[3], where, "energy")});
  }
  if (points.empty()) throw InputError(file.string(), "lists no network");
  return points;
}

XyPlot accuracy_time_plot(const std::vector<AccuracyPoint>& points) {
  return accuracy_plot(points, "Accuracy against time", "time (ms)", &AccuracyPoint::seconds, 1000);
}

XyPlot accuracy_energy_plot(const std::vector<AccuracyPoint>& points, const std::string& energy_unit) {
  return accuracy_plot(points, "Accuracy against energy", fmt::format("energy ({})", energy_unit),
                       &AccuracyPoint::energy, 1);
}

}  // namespace npu::sim
