// $readmemh text (IEEE 1800-2017, 21.4) as tokens: words and @addresses in hexadecimal digits, between blanks
// (line ends of every system), // and /* */ comments. `_` inside numbers, x, z and ? digits, a 0x before the
// digits.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "sim/golden/input_file.h"

namespace npu::sim::golden {

/// A digit that is x, z or ?; others are 0 to 15.
inline constexpr std::uint8_t kUndefinedDigit = 16;

class HexTokens {
 public:
  enum class Kind { kWord, kAddress, kEnd };

  explicit HexTokens(const std::filesystem::path& path, Sha256* hash = nullptr) : file_(path, hash) {}

  /// Reads the next token. Throws InputError with the line.
  Kind next();

  /// Of the last token, most significant first; without `_`, with the digits 0 and x of a 0x.
  const std::vector<std::uint8_t>& digits() const { return digits_; }
  /// The last token begins with 0x: a prefix, or a 0 and an undefined digit; the file as a whole tells.
  bool begins_0x() const { return begins_0x_; }

  /// Where the last token begins.
  struct Position {
    std::int64_t offset = 0;
    std::int64_t line = 1;
  };
  Position position() const { return position_; }
  void seek(const Position& position);

  /// Throws InputError: file, line of the last token, found, expected.
  [[noreturn]] void fail(const std::string& found, const std::string& expected) const;

 private:
  int next_character();
  void skip_comment();
  int skip_to_token();
  void read_digits(int character, const char* expected);

  InputFile file_;
  std::vector<std::uint8_t> digits_;
  bool begins_0x_ = false;
  Position position_;
  std::int64_t line_ = 1;
};

}  // namespace npu::sim::golden
