// $readmemh text: words of hexadecimal digits between blanks, `_` inside words, x and z digits, // and /* */
// comments, @address (in words, ascending). Not supported: addresses that go back, words wider than declared.
#include <fmt/core.h>

#include <algorithm>
#include <string>

#include "hw/common/error.h"
#include "sim/golden/input_file.h"
#include "sim/golden/payload_reader.h"

namespace npu::sim::golden {
namespace {

constexpr std::uint8_t kUndefinedDigit = 16;
constexpr std::size_t kShownToken = 24;
constexpr std::int64_t kMaxAddress = std::int64_t{1} << 56;

// 0..15, kUndefinedDigit, or -1 for another character.
int digit_of(int character) {
  if (character >= '0' && character <= '9') return character - '0';
  const int lower = character | 0x20;
  if (lower >= 'a' && lower <= 'f') return lower - 'a' + 10;
  if (lower == 'x' || lower == 'z' || character == '?') return kUndefinedDigit;
  return -1;
}

bool is_blank(int character) { return character == ' ' || (character >= '\t' && character <= '\r'); }

class HexReader : public PayloadReader {
 public:
  HexReader(const std::filesystem::path& path, const PayloadFormat& format, Sha256* hash)
      : file_(path, hash),
        width_(static_cast<std::size_t>(format.words.word_bytes)),
        words_expected_((format.payload_bytes + format.words.word_bytes - 1) / format.words.word_bytes),
        order_(byte_order(format.words, format.element_bytes, true)),
        word_(width_),
        states_(width_),
        at_(width_) {}

  bool may_have_unknown() const override { return true; }

  std::int64_t read(std::span<std::uint8_t> bytes, std::span<std::uint8_t> states) override {
    std::int64_t done = 0;
    while (done < std::ssize(bytes)) {
      if (at_ == width_ && !next_word()) break;
      const auto count =
          std::min<std::int64_t>(static_cast<std::int64_t>(width_ - at_), std::ssize(bytes) - done);
      std::copy_n(word_.begin() + static_cast<std::ptrdiff_t>(at_), count, bytes.begin() + done);
      std::copy_n(states_.begin() + static_cast<std::ptrdiff_t>(at_), count, states.begin() + done);
      at_ += static_cast<std::size_t>(count);
      done += count;
    }
    return done;
  }

 private:
  [[noreturn]] void fail(const std::string& found, const std::string& expected) const {
    throw InputError(fmt::format("{} line {}", file_.path().string(), line_),
                     fmt::format("found {}, expected {}", found, expected));
  }

  int next_character() {
    const int character = file_.next();
    if (character == '\n') ++line_;
    return character;
  }

  // The first character after blanks and comments, or -1.
  int skip_to_token() {
    for (;;) {
      int character = next_character();
      if (character < 0) return -1;
      if (is_blank(character)) continue;
      if (character != '/') return character;
      character = next_character();
      if (character == '/') {
        while (character >= 0 && character != '\n') character = next_character();
      } else if (character == '*') {
        int before = 0;
        for (;;) {
          character = next_character();
          if (character < 0) fail("the end of the file inside a comment", "*/");
          if (before == '*' && character == '/') break;
          before = character;
        }
      } else {
        fail("'/'", "// or /*");
      }
    }
  }

  // The digits of a token into digits_; returns the character that ended it.
  void read_token(int character, const char* expected) {
    digits_.clear();
    std::string shown;
    const std::int64_t line = line_;
    while (character >= 0 && !is_blank(character)) {
      if (shown.size() < kShownToken) shown += static_cast<char>(character);
      const int digit = digit_of(character);
      if (digit < 0 && character != '_') {
        line_ = line;
        fail("'" + shown + "'", expected);
      }
      if (digit >= 0) digits_.push_back(static_cast<std::uint8_t>(digit));
      character = next_character();
    }
  }

  void read_address() {
    read_token(next_character(), "a hexadecimal address after @");
    std::int64_t address = 0;
    for (const std::uint8_t digit : digits_) {
      if (digit == kUndefinedDigit || address > kMaxAddress)
        fail("that address", "an address of the stream");
      address = address * 16 + digit;
    }
    if (address < next_)
      fail(fmt::format("address {:#x}", address), fmt::format("{:#x} or more: addresses ascend", next_));
    if (address > words_expected_) {
      fail(fmt::format("address {:#x}", address),
           fmt::format("at most {:#x}, the words of the stream", words_expected_));
    }
    gap_ = address - next_;
  }

  bool next_word() {
    while (gap_ == 0) {
      const int character = skip_to_token();
      if (character < 0) return false;
      if (character == '@') {
        read_address();
        continue;
      }
      read_token(character, "hexadecimal digits (comment a header out with //)");
      break;
    }
    at_ = 0;
    ++next_;
    if (gap_ > 0) {
      --gap_;
      std::fill(word_.begin(), word_.end(), std::uint8_t{0});
      std::fill(states_.begin(), states_.end(), std::uint8_t{kAbsent});
      return true;
    }
    place_digits();
    return true;
  }

  // digits_ as one word: leading digits may be missing (zero), further ones must be zero.
  void place_digits() {
    while (digits_.size() > 2 * width_ && digits_.front() == 0) digits_.erase(digits_.begin());
    if (digits_.size() > 2 * width_) {
      fail(fmt::format("a word of {} digits", digits_.size()),
           fmt::format("at most {}: words of {} bits", 2 * width_, 8 * width_));
    }
    const std::size_t missing = 2 * width_ - digits_.size();
    for (std::size_t byte = 0; byte < width_; ++byte) {
      const std::size_t high = 2 * static_cast<std::size_t>(order_[byte]);
      const int first = high < missing ? 0 : digits_[high - missing];
      const int second = high + 1 < missing ? 0 : digits_[high + 1 - missing];
      const bool known = first != kUndefinedDigit && second != kUndefinedDigit;
      states_[byte] = known ? kKnown : kUndefined;
      word_[byte] = known ? static_cast<std::uint8_t>(first * 16 + second) : 0;
    }
  }

  InputFile file_;
  std::size_t width_;
  std::int64_t words_expected_;
  std::vector<int> order_;
  std::vector<std::uint8_t> digits_;
  std::vector<std::uint8_t> word_;
  std::vector<std::uint8_t> states_;
  std::size_t at_;         // next byte of word_
  std::int64_t next_ = 0;  // address of the next word
  std::int64_t gap_ = 0;   // absent words before it
  std::int64_t line_ = 1;
};

}  // namespace

std::unique_ptr<PayloadReader> open_hex(const std::filesystem::path& path, const PayloadFormat& format,
                                        Sha256* hash) {
  return std::make_unique<HexReader>(path, format, hash);
}

}  // namespace npu::sim::golden
