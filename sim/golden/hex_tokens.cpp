#include "sim/golden/hex_tokens.h"

#include <fmt/core.h>

#include "hw/common/error.h"

namespace npu::sim::golden {
namespace {

constexpr std::size_t kShownToken = 24;

// 0..15, kUndefinedDigit, or -1 for another character.
int digit_of(int character) {
  if (character >= '0' && character <= '9') return character - '0';
  const int lower = character | 0x20;
  if (lower >= 'a' && lower <= 'f') return lower - 'a' + 10;
  if (lower == 'x' || lower == 'z' || character == '?') return kUndefinedDigit;
  return -1;
}

bool is_blank(int character) { return character == ' ' || (character >= '\t' && character <= '\r'); }

}  // namespace

void HexTokens::fail(const std::string& found, const std::string& expected) const {
  throw InputError(fmt::format("{} line {}", file_.path().string(), position_.line),
                   fmt::format("found {}, expected {}", found, expected));
}

void HexTokens::seek(const Position& position) {
  file_.seek(position.offset);
  line_ = position.line;
}

int HexTokens::next_character() {
  const int character = file_.next();
  if (character == '\n') ++line_;
  return character;
}

// After a '/'.
void HexTokens::skip_comment() {
  const Position begin{file_.position() - 1, line_};
  const auto refuse = [&](const char* found, const char* expected) {
    position_ = begin;
    fail(found, expected);
  };
  int character = next_character();
  if (character == '/') {
    while (character >= 0 && character != '\n') character = next_character();
    return;
  }
  if (character != '*') refuse("'/'", "// or /*");
  for (int before = 0;; before = character) {
    character = next_character();
    if (character < 0) refuse("the end of the file inside a comment", "*/");
    if (before == '*' && character == '/') return;
  }
}

// The first character after blanks and comments, or -1.
int HexTokens::skip_to_token() {
  for (;;) {
    const int character = next_character();
    if (character == '/') {
      skip_comment();
    } else if (character < 0 || !is_blank(character)) {
      return character;
    }
  }
}

// The digits from `character` up to a blank, a comment or the end.
void HexTokens::read_digits(int character, const char* expected) {
  digits_.clear();
  std::string shown;
  begins_0x_ = false;
  for (; character >= 0 && !is_blank(character); character = next_character()) {
    if (character == '/') return skip_comment();
    if (shown.size() < kShownToken) shown += static_cast<char>(character);
    const int digit = digit_of(character);
    if (digit < 0 && character != '_') fail("'" + shown + "'", expected);
    if (digit < 0) continue;
    digits_.push_back(static_cast<std::uint8_t>(digit));
    if (digits_.size() == 2) begins_0x_ = digits_[0] == 0 && (character | 0x20) == 'x';
  }
}

HexTokens::Kind HexTokens::next() {
  const int character = skip_to_token();
  position_ = {file_.position() - 1, line_};
  if (character < 0) return Kind::kEnd;
  if (character != '@') {
    read_digits(character, "hexadecimal digits (comment a header out with //)");
    return Kind::kWord;
  }
  constexpr const char* kExpected = "a hexadecimal address after @";
  read_digits(next_character(), kExpected);
  if (digits_.empty()) fail("'@'", kExpected);
  return Kind::kAddress;
}

}  // namespace npu::sim::golden
