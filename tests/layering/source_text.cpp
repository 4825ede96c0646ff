#include "tests/layering/source_text.h"

#include <cctype>

namespace npu::tests {
namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0) text.remove_prefix(1);
  return text;
}

// Length of the raw string literal at the beginning of `text` (R"delimiter( ... )delimiter"), 0 if there is
// none.
std::size_t raw_string_length(std::string_view text) {
  if (!text.starts_with("R\"")) return 0;
  const auto open = text.find('(');
  if (open == std::string_view::npos) return 0;
  const std::string closing = ")" + std::string(text.substr(2, open - 2)) + "\"";
  const auto close = text.find(closing, open);
  return close == std::string_view::npos ? text.size() : close + closing.size();
}

// Length of the comment or literal at the beginning of `text`, 0 if there is none.
std::size_t quiet_length(std::string_view text, char before) {
  if (text.starts_with("//")) return std::min(text.find('\n'), text.size());
  if (text.starts_with("/*")) {
    const auto end = text.find("*/", 2);
    return end == std::string_view::npos ? text.size() : end + 2;
  }
  if (!is_word(before)) {
    if (const auto length = raw_string_length(text); length != 0) return length;
  }
  const bool digit_separator = text.front() == '\'' && is_word(before);
  if ((text.front() != '"' && text.front() != '\'') || digit_separator) return 0;
  std::size_t end = 1;
  while (end < text.size() && text[end] != text.front() && text[end] != '\n')
    end += text[end] == '\\' ? 2 : 1;
  return std::min(end + 1, text.size());
}

}  // namespace

std::string code_only(std::string_view text) {
  std::string code;
  std::size_t position = 0;
  while (position < text.size()) {
    const char before = position == 0 ? ' ' : text[position - 1];
    const std::size_t quiet = quiet_length(text.substr(position), before);
    if (quiet == 0) {
      code += text[position++];
      continue;
    }
    for (const char c : text.substr(position, quiet)) code += c == '\n' ? '\n' : ' ';
    position += quiet;
  }
  return code;
}

std::vector<Include> includes_of(std::string_view text) {
  // code_only blanks quoted paths, so it only tells which lines are code.
  const std::string code = code_only(text);
  std::vector<Include> includes;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = trimmed(text.substr(begin, end - begin));
    const std::string_view code_line = trimmed(std::string_view(code).substr(begin, end - begin));
    begin = end + 1;
    if (!code_line.starts_with('#')) continue;
    const std::string_view directive = trimmed(line.substr(1));
    if (!directive.starts_with("include")) continue;
    const std::string_view target = trimmed(directive.substr(7));
    if (target.empty() || (target.front() != '"' && target.front() != '<')) continue;
    const bool angled = target.front() == '<';
    const auto close = target.find(angled ? '>' : '"', 1);
    if (close != std::string_view::npos)
      includes.push_back({std::string(target.substr(1, close - 1)), angled});
  }
  return includes;
}

bool calls(std::string_view code, std::string_view name) {
  for (auto at = code.find(name); at != std::string_view::npos; at = code.find(name, at + 1)) {
    const std::string_view before = code.substr(0, at);
    const std::string_view after = trimmed(code.substr(at + name.size()));
    if (!before.empty() && is_word(before.back())) continue;
    if (code.size() > at + name.size() && is_word(code[at + name.size()])) continue;
    if (!after.starts_with('(')) continue;
    if (before.ends_with('.') || before.ends_with("->")) continue;
    const bool scoped = before.ends_with("::");
    const bool global = scoped && (before.size() == 2 || !is_word(before[before.size() - 3]));
    if (scoped && !global && !before.ends_with("std::")) continue;
    return true;
  }
  return false;
}

}  // namespace npu::tests
