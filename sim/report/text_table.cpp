#include "sim/report/text_table.h"

#include <algorithm>
#include <numeric>

#include "hw/common/error.h"

namespace npu::sim {
namespace {

constexpr const char* kGap = "  ";
constexpr std::size_t kGapWidth = 2;

std::string printable(std::string text) {
  for (char& c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (code < 0x20 || code == 0x7F) c = '?';
  }
  return text;
}

// Characters of UTF-8 text: bytes that do not continue another.
std::size_t characters(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string padded(const std::string& text, std::size_t width, bool right_aligned) {
  const auto cell = shortened(text, width);
  const std::string space(width - std::min(width, characters(cell)), ' ');
  return right_aligned ? space + cell : cell + space;
}

}  // namespace

std::string shortened(const std::string& text, std::size_t length) {
  if (characters(text) <= length) return text;
  const std::size_t kept = length > 2 ? length - 2 : 0;
  std::string result;
  std::size_t count = 0;
  for (const char c : text) {
    const bool continues = (static_cast<unsigned char>(c) & 0xC0) == 0x80;
    if (!continues && count++ == kept) break;
    result += c;
  }
  return result + std::string("..").substr(0, std::min<std::size_t>(2, length));
}

void TextTable::add_row(std::vector<std::string> cells) {
  NPU_CHECK(cells.size() == columns_.size() && !cells.empty(), "a row needs one cell for each column");
  std::transform(cells.begin(), cells.end(), cells.begin(), printable);
  rows_.push_back(std::move(cells));
}

void TextTable::add_rule() { rows_.emplace_back(); }

std::vector<std::size_t> TextTable::column_widths(std::size_t width) const {
  std::vector<std::size_t> widths;
  for (std::size_t column = 0; column < columns_.size(); ++column) {
    std::size_t widest = characters(columns_[column].title);
    for (const auto& row : rows_) {
      if (!row.empty()) widest = std::max(widest, characters(row[column]));
    }
    widths.push_back(widest);
  }
  const auto total = [&] {
    return std::accumulate(widths.begin(), widths.end(), kGapWidth * (columns_.size() - 1));
  };
  while (total() > width) {
    std::size_t widest = columns_.size();
    for (std::size_t column = 0; column < columns_.size(); ++column) {
      if (!columns_[column].flexible || widths[column] <= kShortestColumn) continue;
      if (widest == columns_.size() || widths[column] > widths[widest]) widest = column;
    }
    if (widest == columns_.size()) break;
    --widths[widest];
  }
  return widths;
}

std::string TextTable::render(std::size_t width) const {
  const auto widths = column_widths(width);
  const auto full = std::accumulate(widths.begin(), widths.end(), kGapWidth * (columns_.size() - 1));
  const std::string rule = std::string(full, '-') + "\n";
  const auto line = [&](auto&& cell) {
    std::string text;
    for (std::size_t column = 0; column < columns_.size(); ++column) {
      if (column > 0) text += kGap;
      text += padded(cell(column), widths[column], columns_[column].right_aligned);
    }
    text.erase(text.find_last_not_of(' ') + 1);
    return text + "\n";
  };
  std::string text = line([&](std::size_t column) { return columns_[column].title; }) + rule;
  for (const auto& row : rows_) {
    text += row.empty() ? rule : line([&](std::size_t column) { return row[column]; });
  }
  return text;
}

}  // namespace npu::sim
