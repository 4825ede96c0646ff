#include "compiler/data/csv.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <sstream>

#include "hw/common/error.h"
#include "hw/common/file.h"

namespace npu::compiler {
namespace {

constexpr std::int64_t kFileLimitBytes = std::int64_t{256} << 20;

std::string at_line(const std::string& file, std::size_t line) {
  return fmt::format("{}, line {}", file, line);
}

std::vector<std::string> split(const std::string& text, const std::string& where) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"' && quoted && i + 1 < text.size() && text[i + 1] == '"') {
      fields.back() += text[++i];
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  if (quoted) throw InputError(where, "found an open quote, expected a closing \" on the same line");
  return fields;
}

}  // namespace

std::size_t CsvTable::column(const std::string& name) const {
  const auto found = std::find(header.begin(), header.end(), name);
  if (found == header.end()) {
    throw InputError(at_line(file, 1),
                     fmt::format("found columns {}, expected one called '{}'", fmt::join(header, ","), name));
  }
  return static_cast<std::size_t>(found - header.begin());
}

CsvTable read_csv(const std::filesystem::path& path) {
  CsvTable table;
  table.file = path.string();
  std::string text = read_text_file(path, kFileLimitBytes);
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);  // byte order mark of some spreadsheet programs
  std::istringstream stream(text);
  std::string line;
  for (std::size_t number = 1; std::getline(stream, line); ++number) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty()) continue;
    const std::string where = at_line(table.file, number);
    auto fields = split(line, where);
    if (table.header.empty()) {
      table.header = std::move(fields);
      continue;
    }
    if (fields.size() != table.header.size()) {
      throw InputError(where, fmt::format("found {} fields, expected {} as in the header", fields.size(),
                                          table.header.size()));
    }
    table.rows.push_back({number, std::move(fields)});
  }
  if (table.header.empty()) throw InputError(table.file, "is empty, expected a line of column names");
  return table;
}

}  // namespace npu::compiler
