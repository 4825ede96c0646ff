#include "sim/golden/diagnosis.h"

#include <fmt/core.h>

#include <algorithm>
#include <numeric>

#include "hw/common/error.h"
#include "hw/common/units.h"

namespace npu::sim::golden {
namespace {

constexpr double kWorthSaying = 0.9;
constexpr double kMostDiffer = 0.5;
constexpr std::int64_t kMinimumEvidence = 64;
constexpr std::size_t kMostGuesses = 4;
constexpr std::int64_t kSlackBytes = 4096;       ///< words that came in between
constexpr std::int64_t kBeforeBytes = 1 << 20;   ///< of a window before the first wrong element
constexpr std::int64_t kWindowAlignment = 4096;  ///< patterns of words keep their place in it
constexpr std::int64_t kSkipBytes = 1 << 20;

/// Payload bytes of a file and what is known of them.
struct Bytes {
  std::vector<std::uint8_t> values, states;
};

// Up to `count` bytes from `begin` on.
Bytes read_bytes(PayloadReader& reader, std::int64_t begin, std::int64_t count) {
  Bytes bytes;
  const auto read = [&](std::int64_t wanted) {
    bytes.values.resize(static_cast<std::size_t>(wanted));
    bytes.states.assign(static_cast<std::size_t>(wanted), kKnown);
    const auto got = static_cast<std::size_t>(reader.read(bytes.values, bytes.states));
    bytes.values.resize(got);
    bytes.states.resize(got);
    return static_cast<std::int64_t>(got);
  };
  while (begin > 0) {
    const std::int64_t skipped = read(std::min(begin, kSkipBytes));
    if (skipped == 0) return {};
    begin -= skipped;
  }
  read(count);
  return bytes;
}

std::unique_ptr<PayloadReader> open_reference(const Stream& stream, const std::filesystem::path& folder) {
  return open_payload(folder / reference_file(stream).path, payload_format(stream, stream.words));
}

void append_element(StreamData& data, const std::vector<std::uint8_t>& states, std::int64_t at,
                    const Stream& stream) {
  const std::int64_t end = at + stream.element_bytes;
  data.expected.push_back(
      load_number(data.expected_bytes.data() + at, stream.element_bytes, stream.is_signed));
  const bool known =
      end <= std::ssize(data.found_bytes) &&
      std::all_of(states.begin() + at, states.begin() + end, [](auto state) { return state == kKnown; });
  data.known.push_back(known ? 1 : 0);
  data.found.push_back(
      known ? load_number(data.found_bytes.data() + at, stream.element_bytes, stream.is_signed) : 0);
}

// The whole stream if it is short, else a window from a little before the first wrong element on.
StreamData read_data(const DiagnosisInput& input) {
  const Stream& stream = *input.result.stream;
  StreamData data;
  std::int64_t count = stream.payload_bytes;
  if (count > input.window_bytes) {
    const auto& difference = input.first.difference;
    const auto& record = stream.records[static_cast<std::size_t>(difference.record)];
    const std::int64_t at = record.word * stream.words.word_bytes + difference.element * stream.element_bytes;
    const std::int64_t alignment =
        std::lcm(std::lcm(kWindowAlignment, std::int64_t{input.dump_words.word_bytes}),
                 record_alignment(stream.words, stream.element_bytes));
    data.whole = false;
    data.first_byte = std::max<std::int64_t>(0, at - std::min(kBeforeBytes, input.window_bytes / 4)) /
                      alignment * alignment;
    count = input.window_bytes;
  }
  data.expected_bytes =
      read_bytes(*open_reference(stream, input.check.folder), data.first_byte, count).values;
  Bytes found = read_bytes(*open_payload(input.result.file, payload_format(stream, input.dump_words)),
                           data.first_byte, count + kSlackBytes);
  data.found_bytes = std::move(found.values);
  const std::int64_t end = std::ssize(data.expected_bytes);
  std::int64_t elements = 0;
  for (const auto& record : stream.records) {
    data.starts.push_back(elements);
    const std::int64_t begin = record.word * stream.words.word_bytes - data.first_byte;
    const std::int64_t first = std::max<std::int64_t>(0, ceil_div(-begin, stream.element_bytes));
    const std::int64_t last = std::min(record.elements, (end - begin) / stream.element_bytes);
    if (first < last && data.expected.empty()) data.first_element = elements + first;
    for (std::int64_t element = first; element < last; ++element) {
      append_element(data, found.states, begin + element * stream.element_bytes, stream);
    }
    elements += record.elements;
  }
  return data;
}

}  // namespace

std::vector<std::int64_t> read_values(const Stream& stream, const std::filesystem::path& folder) {
  const auto bytes = read_bytes(*open_reference(stream, folder), 0, stream.payload_bytes).values;
  std::vector<std::int64_t> values;
  for (const auto& record : stream.records) {
    for (std::int64_t element = 0; element < record.elements; ++element) {
      const std::int64_t at = record.word * stream.words.word_bytes + element * stream.element_bytes;
      if (at + stream.element_bytes > std::ssize(bytes))
        throw InputError(stream.name, "is shorter than the manifest says");
      values.push_back(load_number(bytes.data() + at, stream.element_bytes, stream.is_signed));
    }
  }
  return values;
}

std::string vector_inputs(const Manifest& manifest, const std::filesystem::path& folder,
                          std::int64_t vector) {
  std::string text;
  for (const auto& stream : manifest.streams) {
    if (stream.expected) continue;
    const auto values = read_values(stream, folder);
    const std::string field = std::filesystem::path(stream.name).filename().string();
    std::int64_t count = 0;
    for (const auto& other : manifest.streams) {
      if (other.expected)
        for (const auto& record : other.records) count = std::max(count, record.elements);
    }
    const std::int64_t per_vector = count == 0 ? 1 : std::ssize(values) / count;
    if (per_vector < 1 || per_vector > 16 || (vector + 1) * per_vector > std::ssize(values)) continue;
    text += (text.empty() ? "" : ", ") + field;
    for (std::int64_t part = 0; part < per_vector; ++part) {
      text += fmt::format(" {}", values[static_cast<std::size_t>(vector * per_vector + part)]);
    }
  }
  return text;
}

std::vector<std::string> diagnose(const DiagnosisInput& input) {
  const StreamData data = read_data(input);
  std::vector<Guess> guesses;
  guess_file(input, data, guesses);
  guess_arrangement(input, data, guesses);
  guess_exchange(input, data, guesses);
  guess_arithmetic(input, data, guesses);
  std::ranges::stable_sort(guesses, [](const Guess& a, const Guess& b) { return a.explained > b.explained; });
  std::vector<std::string> texts;
  for (const auto& guess : guesses) {
    if (guess.explained < kWorthSaying || texts.size() == kMostGuesses) break;
    texts.push_back(fmt::format("{} (explains {:.1f} % of the wrong elements looked at)", guess.text,
                                100 * guess.explained));
  }
  const auto& counts = input.result.counts;
  if (texts.empty() && counts.compared >= kMinimumEvidence &&
      static_cast<double>(counts.different) > kMostDiffer * static_cast<double>(counts.compared)) {
    texts.push_back(
        fmt::format("no known pattern, and {:.0f} % of the elements differ: data of another input, other "
                    "weights or another program?",
                    100 * static_cast<double>(counts.different) / static_cast<double>(counts.compared)));
  }
  return texts;
}

}  // namespace npu::sim::golden
