// The published figures that the tool compares itself with: tests/reference/*.csv, compiled in. Facts typed
// from the papers' tables and read off their figures; nothing in the model is derived from them.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace npu::sim {

/// A line of a table: cells by column.
class PublishedRow {
 public:
  PublishedRow(const std::vector<std::string>& columns, std::vector<std::string> cells)
      : columns_(&columns), cells_(std::move(cells)) {}

  /// NPU_CHECKs that the table has the column; `number` that the cell is one.
  const std::string& text(std::string_view column) const;
  double number(std::string_view column) const;

 private:
  const std::vector<std::string>* columns_;
  std::vector<std::string> cells_;
};

struct PublishedTable {
  std::string source;  ///< the comment lines at the file's head
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;

  PublishedRow row(std::size_t index) const { return {columns, rows[index]}; }
};

/// `name`: a file of tests/reference without .csv.
PublishedTable published_table(std::string_view name);

/// The file's text; empty if there is no such table.
std::string_view published_text(std::string_view table);

}  // namespace npu::sim
