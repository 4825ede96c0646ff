// A plain-text table that fits a given width: columns marked flexible are cut first, with ".." where text is
// lost.
#pragma once

#include <string>
#include <vector>

namespace npu::sim {

struct TextColumn {
  std::string title;
  bool right_aligned = false;
  bool flexible = false;  ///< may be cut to kShortestColumn characters
};

class TextTable {
 public:
  static constexpr std::size_t kShortestColumn = 8;

  explicit TextTable(std::vector<TextColumn> columns) : columns_(std::move(columns)) {}

  /// One cell for each column (NPU_CHECK). Control characters are shown as '?'.
  void add_row(std::vector<std::string> cells);
  /// A rule across the table.
  void add_rule();

  /// Lines of at most `width` characters as long as the columns that are not flexible allow it; ends with a
  /// newline.
  std::string render(std::size_t width) const;

 private:
  std::vector<std::size_t> column_widths(std::size_t width) const;

  std::vector<TextColumn> columns_;
  std::vector<std::vector<std::string>> rows_;  ///< an empty row is a rule
};

/// `text` in at most `length` characters, ".." at the cut.
std::string shortened(const std::string& text, std::size_t length);

}  // namespace npu::sim
