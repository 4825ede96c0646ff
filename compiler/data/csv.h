// Comma-separated values with a header line. Quoted fields may hold commas and doubled quotes, but no line
// breaks.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace npu::compiler {

struct CsvRow {
  std::size_t line = 0;  ///< in the file, from 1
  std::vector<std::string> fields;
};

struct CsvTable {
  std::string file;
  std::vector<std::string> header;
  std::vector<CsvRow> rows;

  /// Index of a column. Throws InputError listing the columns there are.
  std::size_t column(const std::string& name) const;
};

/// Blank lines are skipped. Throws InputError naming the line: no header, wrong number of fields, open quote.
CsvTable read_csv(const std::filesystem::path& path);

}  // namespace npu::compiler
