// Payloads in $readmemh text: words in the order of their addresses, wherever they stand in the file. Not
// supported: words wider than declared.
#include <fmt/core.h>

#include <algorithm>

#include "hw/common/error.h"
#include "hw/common/units.h"
#include "sim/golden/hex_layout.h"
#include "sim/golden/payload_reader.h"

namespace npu::sim::golden {
namespace {

constexpr std::int64_t kRefillWords = 4096;

class HexReader : public BufferedReader {
 public:
  HexReader(const std::filesystem::path& path, const PayloadFormat& format, Sha256* hash)
      : tokens_(path, hash),
        width_(static_cast<std::size_t>(format.words.word_bytes)),
        order_(byte_order(format.words, format.element_bytes, true)) {
    // A file that is hashed is one of an export, read once from its beginning: it has no addresses.
    layout_.runs.push_back({0, kAllWords, 0, {}});
    if (hash != nullptr) return;
    layout_ = read_hex_layout(path, ceil_div(format.payload_bytes, format.words.word_bytes));
  }

  bool may_have_unknown() const override { return true; }

 private:
  bool refill(std::int64_t /*wanted*/) override {
    payload_.clear();
    states_.clear();
    for (std::int64_t words = 0; words < kRefillWords && append_word(); ++words) continue;
    return !payload_.empty();
  }

  bool append_word() {
    while (run_ < layout_.runs.size() && in_run_ == layout_.runs[run_].words) {
      ++run_;
      in_run_ = 0;
    }
    if (run_ == layout_.runs.size()) return false;
    const HexRun& run = layout_.runs[run_];
    if (address_ < run.address) {  // a gap
      append_bytes(0, kAbsent);
      ++address_;
      return true;
    }
    if (in_run_ == 0 && run.words != kAllWords) {
      tokens_.seek(run.begin);
      for (std::int64_t word = 0; word < run.skip; ++word) next_word();
    }
    if (!next_word()) return false;
    ++in_run_;
    ++address_;
    append_digits();
    return true;
  }

  // The next word; addresses inside a run continue it.
  bool next_word() {
    for (;;) {
      const auto kind = tokens_.next();
      if (kind == HexTokens::Kind::kWord) return true;
      if (kind == HexTokens::Kind::kEnd) return false;
      if (layout_.runs[run_].words == kAllWords) tokens_.fail("an address", "none in a file of an export");
    }
  }

  void append_bytes(std::uint8_t value, std::uint8_t state) {
    payload_.resize(payload_.size() + width_, value);
    states_.resize(states_.size() + width_, state);
  }

  // The token as one word: leading digits may be missing (zero), further ones must be zero.
  void append_digits() {
    auto first = tokens_.digits().begin();
    const auto end = tokens_.digits().end();
    if (layout_.prefixed && tokens_.begins_0x()) first += 2;
    while (end - first > static_cast<std::ptrdiff_t>(2 * width_) && *first == 0) ++first;
    const auto count = static_cast<std::size_t>(end - first);
    if (count > 2 * width_) {
      tokens_.fail(fmt::format("a word of {} digits", count),
                   fmt::format("at most {}: words of {} bits", 2 * width_, 8 * width_));
    }
    const std::size_t missing = 2 * width_ - count;
    const auto digit = [&](std::size_t place) {
      return place < missing ? std::uint8_t{0} : first[static_cast<std::ptrdiff_t>(place - missing)];
    };
    for (std::size_t byte = 0; byte < width_; ++byte) {
      const std::size_t place = 2 * static_cast<std::size_t>(order_[byte]);
      const bool known = digit(place) != kUndefinedDigit && digit(place + 1) != kUndefinedDigit;
      states_.push_back(known ? kKnown : kUndefined);
      payload_.push_back(known ? static_cast<std::uint8_t>(digit(place) * 16 + digit(place + 1))
                               : std::uint8_t{0});
    }
  }

  HexTokens tokens_;
  std::size_t width_;
  std::vector<int> order_;
  HexLayout layout_;
  std::size_t run_ = 0;
  std::int64_t in_run_ = 0;   // words of it that were given
  std::int64_t address_ = 0;  // of the next word
};

}  // namespace

std::unique_ptr<PayloadReader> open_hex(const std::filesystem::path& path, const PayloadFormat& format,
                                        Sha256* hash) {
  return std::make_unique<HexReader>(path, format, hash);
}

}  // namespace npu::sim::golden
