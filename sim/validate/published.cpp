#include "sim/validate/published.h"

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include "hw/common/error.h"

namespace npu::sim {
namespace {

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  std::istringstream stream(line);
  for (std::string cell; std::getline(stream, cell, ',');) cells.push_back(cell);
  return cells;
}

}  // namespace

const std::string& PublishedRow::text(std::string_view column) const {
  const auto found = std::find(columns_->begin(), columns_->end(), column);
  NPU_CHECK(found != columns_->end(), "a published table has its columns");
  return cells_.at(static_cast<std::size_t>(found - columns_->begin()));
}

double PublishedRow::number(std::string_view column) const {
  const std::string& cell = text(column);
  char* end = nullptr;
  const double value = std::strtod(cell.c_str(), &end);
  NPU_CHECK(!cell.empty() && *end == '\0', "a published value is a number");
  return value;
}

PublishedTable published_table(std::string_view name) {
  PublishedTable table;
  std::istringstream stream{std::string(published_text(name))};
  for (std::string line; std::getline(stream, line);) {
    if (line.starts_with("#")) {
      table.source += (table.source.empty() ? "" : " ") + line.substr(2);
    } else if (table.columns.empty()) {
      table.columns = cells_of(line);
    } else if (!line.empty()) {
      table.rows.push_back(cells_of(line));
      NPU_CHECK(table.rows.back().size() == table.columns.size(), "a published row has every column");
    }
  }
  NPU_CHECK(!table.rows.empty(), "a published table has rows");
  return table;
}

}  // namespace npu::sim
