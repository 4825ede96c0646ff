// Reading C++ sources just well enough to see their include lines and the functions they call.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace npu::tests {

/// The text with comments and the contents of string and character literals replaced by spaces; lines stay
/// lines.
std::string code_only(std::string_view text);

/// What stands between the quotes or angle brackets of each #include line outside comments.
struct Include {
  std::string path;
  bool angled = false;
};
std::vector<Include> includes_of(std::string_view text);

/// True if `code` (from code_only) calls the function `name`: as a whole word, followed by a parenthesis, and
/// neither a member of an object nor of a namespace other than std.
bool calls(std::string_view code, std::string_view name);

}  // namespace npu::tests
