// Patterns of order and of bits: nothing here knows what the numbers mean.
#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <functional>

#include "sim/golden/diagnosis.h"

namespace npu::sim::golden {
namespace {

constexpr std::int64_t kMaxWordsMoved = 64;
constexpr std::int64_t kMinimumEvidence = 4;

struct Wrong {
  std::int64_t index, expected, found;
};

std::vector<Wrong> wrong_elements(const StreamData& data) {
  std::vector<Wrong> wrong;
  for (std::size_t index = 0; index < data.expected.size(); ++index) {
    if (data.known[index] != 0 && data.expected[index] != data.found[index]) {
      wrong.push_back({static_cast<std::int64_t>(index), data.expected[index], data.found[index]});
    }
  }
  return wrong;
}

double share(const std::vector<Wrong>& wrong, const std::function<bool(const Wrong&)>& explains) {
  if (wrong.empty()) return 0;
  return static_cast<double>(std::ranges::count_if(wrong, explains)) / static_cast<double>(wrong.size());
}

// Equal bytes of both sides, of those that are not zero on both, under a map of payload positions.
double agreement(const StreamData& data, std::int64_t begin,
                 const std::function<std::int64_t(std::int64_t)>& source) {
  std::int64_t seen = 0, equal = 0;
  for (std::int64_t at = begin; at < std::ssize(data.expected_bytes); ++at) {
    const std::int64_t from = source(at);
    if (from < 0 || from >= std::ssize(data.found_bytes)) continue;
    const auto expected = data.expected_bytes[static_cast<std::size_t>(at)];
    const auto found = data.found_bytes[static_cast<std::size_t>(from)];
    if (expected == 0 && found == 0) continue;
    ++seen;
    equal += expected == found ? 1 : 0;
  }
  return seen < kMinimumEvidence ? 0 : static_cast<double>(equal) / static_cast<double>(seen);
}

void guess_byte_order(const StreamData& data, int word_bytes, std::vector<Guess>& guesses) {
  const double plain = agreement(data, 0, [](std::int64_t at) { return at; });
  for (int bytes = 2; bytes <= std::max(16, word_bytes); bytes *= 2) {
    const double share =
        agreement(data, 0, [&](std::int64_t at) { return at / bytes * bytes + bytes - 1 - at % bytes; });
    if (share > plain) {
      guesses.push_back(
          {fmt::format("the bytes of every {}-bit word are reversed: endianness", 8 * bytes), share});
    }
    for (int unit = 2; unit < bytes; unit *= 2) {
      const double swapped = agreement(data, 0, [&](std::int64_t at) {
        const std::int64_t in_word = at % bytes;
        return at / bytes * bytes + (bytes / unit - 1 - in_word / unit) * unit + in_word % unit;
      });
      if (swapped > plain) {
        guesses.push_back(
            {fmt::format("the {}-bit parts of every {}-bit word are in reversed order: word order", 8 * unit,
                         8 * bytes),
             swapped});
      }
    }
  }
  if (!data.whole) return;
  const std::int64_t size = std::ssize(data.found_bytes) / word_bytes * word_bytes;
  const double backwards = agreement(data, 0, [&](std::int64_t at) {
    return size - word_bytes - at / word_bytes * word_bytes + at % word_bytes;
  });
  if (backwards > plain) guesses.push_back({"the words are in descending order of address", backwards});
}

// Words inserted or lost before the first difference.
void guess_moved_words(const StreamData& data, int word_bytes, std::vector<Guess>& guesses) {
  const auto mismatch = std::mismatch(data.expected_bytes.begin(), data.expected_bytes.end(),
                                      data.found_bytes.begin(), data.found_bytes.end());
  const std::int64_t begin = (mismatch.first - data.expected_bytes.begin()) / word_bytes * word_bytes;
  Guess best;
  const auto consider = [&](std::int64_t bytes, const std::string& what) {
    const double share = agreement(data, begin, [&](std::int64_t at) { return at + bytes; });
    if (share > best.explained) {
      best = {fmt::format("{} word {}: everything after it is moved", what,
                          (data.first_byte + begin) / word_bytes),
              share};
    }
  };
  for (std::int64_t words = 1; words <= kMaxWordsMoved; ++words) {
    consider(words * word_bytes,
             fmt::format("{} extra word{} in the dump before", words, words == 1 ? "" : "s"));
    consider(-words * word_bytes,
             fmt::format("{} word{} missing in the dump before", words, words == 1 ? "" : "s"));
  }
  for (std::int64_t bytes = 1; bytes < word_bytes; ++bytes) {
    consider(bytes, fmt::format("{} extra byte{} in the dump before", bytes, bytes == 1 ? "" : "s"));
    consider(-bytes, fmt::format("{} byte{} missing in the dump before", bytes, bytes == 1 ? "" : "s"));
  }
  const double plain = agreement(data, begin, [](std::int64_t at) { return at; });
  if (best.explained > plain) guesses.push_back(best);
}

// Elements of another width, or a word that stands where the next one belongs.
void guess_width_and_repetition(const StreamData& data, const std::vector<Wrong>& wrong, int element_bytes,
                                int word_bytes, std::vector<Guess>& guesses) {
  const std::int64_t per_word = std::max(1, word_bytes / element_bytes);
  guesses.push_back({"the word is the one before it again: written twice, or its address stood still",
                     share(wrong, [&](const Wrong& one) {
                       return one.index >= per_word &&
                              one.found == data.expected[static_cast<std::size_t>(one.index - per_word)];
                     })});
  if (!data.whole) return;  // in a window the elements would lie elsewhere
  for (const int factor : {2, 4}) {
    const double wider = agreement(data, 0, [&](std::int64_t at) {
      return at / element_bytes * element_bytes * factor + at % element_bytes;
    });
    guesses.push_back(
        {fmt::format("each element takes {} bytes, expected {}", factor * element_bytes, element_bytes),
         wider});
  }
}

void guess_values(const std::vector<Wrong>& wrong, int element_bytes, std::vector<Guess>& guesses) {
  const std::uint64_t mask =
      element_bytes >= 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << (8 * element_bytes)) - 1;
  const auto flips = [&](const Wrong& one) {
    return (static_cast<std::uint64_t>(one.expected) ^ static_cast<std::uint64_t>(one.found)) & mask;
  };
  const std::uint64_t first = flips(wrong.front());
  if (std::has_single_bit(first)) {
    const int bit = std::countr_zero(first);
    const double same = share(wrong, [&](const Wrong& one) { return flips(one) == first; });
    const bool sets = share(wrong, [&](const Wrong& one) {
                        return (static_cast<std::uint64_t>(one.found) >> bit & 1) != 0;
                      }) == 1;
    const bool clears = share(wrong, [&](const Wrong& one) {
                          return (static_cast<std::uint64_t>(one.found) >> bit & 1) == 0;
                        }) == 1;
    const bool several = std::ssize(wrong) >= kMinimumEvidence;
    guesses.push_back({several && (sets || clears) ? fmt::format("bit {} is stuck at {}", bit, sets ? 1 : 0)
                                                   : fmt::format("bit {} is inverted", bit),
                       same});
  }
  const std::int64_t step = wrong.front().found - wrong.front().expected;
  if (std::ssize(wrong) > 1 || step == 1 || step == -1) {
    if (step == 1 || step == -1) {
      guesses.push_back({"off by one: rounding", share(wrong, [](const Wrong& one) {
                           const auto difference = one.found - one.expected;
                           return difference == 1 || difference == -1;
                         })});
    } else {
      guesses.push_back({fmt::format("every wrong element is off by {:+}", step),
                         share(wrong, [&](const Wrong& one) { return one.found - one.expected == step; })});
    }
  }
  if (std::ssize(wrong) < kMinimumEvidence) return;
  const std::int64_t constant = wrong.front().found;
  const double stuck = share(wrong, [&](const Wrong& one) { return one.found == constant; });
  guesses.push_back({constant == 0
                         ? std::string("zero where something was expected: never written, or cleared")
                         : fmt::format("constant {} ({:#x}): never written, stale or saturated", constant,
                                       static_cast<std::uint64_t>(constant) & mask),
                     stuck});
  guesses.push_back(
      {"the sign is wrong", share(wrong, [](const Wrong& one) { return one.found == -one.expected; })});
}

}  // namespace

void guess_arrangement(const DiagnosisInput& input, const StreamData& data, std::vector<Guess>& guesses) {
  const auto wrong = wrong_elements(data);
  const auto& counts = input.result.counts;
  if (counts.absent > 0) {
    guesses.push_back(
        {fmt::format("the dump is short: {} of {} elements are missing", counts.absent, counts.elements),
         wrong.empty() ? 1.0 : 0.0});
  }
  if (counts.undefined > 0) {
    guesses.push_back({"undefined (x or z) digits: never written or not driven",
                       static_cast<double>(counts.undefined) / static_cast<double>(counts.different)});
  }
  if (wrong.empty()) return;
  const int element_bytes = input.result.stream->element_bytes;
  guess_values(wrong, element_bytes, guesses);
  guess_width_and_repetition(data, wrong, element_bytes, input.dump_words.word_bytes, guesses);
  if (std::ssize(wrong) < kMinimumEvidence) return;
  guess_byte_order(data, input.dump_words.word_bytes, guesses);
  guess_moved_words(data, input.dump_words.word_bytes, guesses);
}

}  // namespace npu::sim::golden
