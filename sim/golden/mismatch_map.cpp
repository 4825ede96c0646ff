#include "sim/golden/mismatch_map.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "sim/golden/xml_text.h"

namespace npu::sim::golden {
namespace {

constexpr std::int64_t kMaxRows = 28;
constexpr std::int64_t kMaxColumns = 64;
constexpr std::array kShades{'.', ':', '-', '=', '+', '*', '%', '#', '@'};
constexpr int kCellPixels = 10;

char shade(double share) {
  if (share <= 0) return ' ';
  const auto level = static_cast<std::size_t>(share * static_cast<double>(kShades.size()));
  return kShades[std::min(level, kShades.size() - 1)];
}

std::string rectangle(std::int64_t x, std::int64_t y, double share) {
  // White to red; a cell with any mismatch is never white.
  const int green = share <= 0 ? 245 : static_cast<int>(std::lround(190 * (1 - share)));
  return fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"rgb({},{},{})\"/>\n", x, y,
                     kCellPixels - 1, kCellPixels - 1, share <= 0 ? 245 : 225, green, green);
}

}  // namespace

std::int64_t MismatchMap::Axis::size(std::int64_t cell) const {
  return ((cell + 1) * extent + cells - 1) / cells - (cell * extent + cells - 1) / cells;
}

MismatchMap::MismatchMap(std::string title, std::int64_t height, std::int64_t width, std::int64_t channels)
    : title_(std::move(title)),
      rows_{height, std::min(height, kMaxRows)},
      columns_{width, std::min(width, kMaxColumns)},
      channels_{channels, std::min(channels, kMaxColumns)},
      grid_(static_cast<std::size_t>(rows_.cells * columns_.cells)),
      bar_(static_cast<std::size_t>(channels_.cells)) {}

void MismatchMap::add(const Coordinates& place) {
  ++grid_[static_cast<std::size_t>(rows_.cell(place.row) * columns_.cells + columns_.cell(place.column))];
  ++bar_[static_cast<std::size_t>(channels_.cell(place.channel))];
  ++count_;
}

double MismatchMap::share(std::int64_t row_cell, std::int64_t column_cell) const {
  const auto elements = rows_.size(row_cell) * columns_.size(column_cell) * channels_.extent;
  const auto wrong = grid_[static_cast<std::size_t>(row_cell * columns_.cells + column_cell)];
  return static_cast<double>(wrong) / static_cast<double>(elements);
}

double MismatchMap::channel_share(std::int64_t cell) const {
  const auto elements = rows_.extent * columns_.extent * channels_.size(cell);
  return static_cast<double>(bar_[static_cast<std::size_t>(cell)]) / static_cast<double>(elements);
}

std::string MismatchMap::text() const {
  std::string text = fmt::format("{}: rows 0-{} down, columns 0-{} across; ' ' none wrong, '@' all\n", title_,
                                 rows_.extent - 1, columns_.extent - 1);
  for (std::int64_t row = 0; row < rows_.cells; ++row) {
    text += "  |";
    for (std::int64_t column = 0; column < columns_.cells; ++column) text += shade(share(row, column));
    text += "|\n";
  }
  text += fmt::format("channels 0-{}\n  |", channels_.extent - 1);
  for (std::int64_t cell = 0; cell < channels_.cells; ++cell) text += shade(channel_share(cell));
  return text + "|\n";
}

std::string MismatchMap::svg() const {
  constexpr int kTop = 24;
  constexpr int kGap = 30;
  const std::int64_t width = std::max({columns_.cells, channels_.cells, std::int64_t{40}}) * kCellPixels + 20;
  const std::int64_t bar_y = kTop + rows_.cells * kCellPixels + kGap;
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{}\" font-family=\"sans-serif\" "
      "font-size=\"11\">\n<text x=\"10\" y=\"15\">{}: {} wrong; rows 0-{} down, columns 0-{} across</text>\n",
      width, bar_y + kCellPixels + 10, xml_escaped(title_), count_, rows_.extent - 1, columns_.extent - 1);
  for (std::int64_t row = 0; row < rows_.cells; ++row) {
    for (std::int64_t column = 0; column < columns_.cells; ++column) {
      svg += rectangle(10 + column * kCellPixels, kTop + row * kCellPixels, share(row, column));
    }
  }
  svg += fmt::format("<text x=\"10\" y=\"{}\">channels 0-{}</text>\n", bar_y - 6, channels_.extent - 1);
  for (std::int64_t cell = 0; cell < channels_.cells; ++cell) {
    svg += rectangle(10 + cell * kCellPixels, bar_y, channel_share(cell));
  }
  return svg + "</svg>\n";
}

}  // namespace npu::sim::golden
