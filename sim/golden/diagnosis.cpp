#include "sim/golden/diagnosis.h"

#include <fmt/core.h>

#include <algorithm>

#include "hw/common/error.h"

namespace npu::sim::golden {
namespace {

constexpr std::int64_t kMaxBytes = std::int64_t{64} << 20;  ///< streams longer than this are only located
constexpr double kWorthSaying = 0.9;
constexpr std::size_t kMostGuesses = 4;

// All payload bytes up to `limit`.
std::vector<std::uint8_t> read_all(PayloadReader& reader, std::int64_t limit,
                                   std::vector<std::uint8_t>* states) {
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(limit));
  std::vector<std::uint8_t> own_states(bytes.size(), kKnown);
  const auto count = static_cast<std::size_t>(reader.read(bytes, own_states));
  bytes.resize(count);
  own_states.resize(count);
  if (states != nullptr) *states = std::move(own_states);
  return bytes;
}

std::unique_ptr<PayloadReader> open_reference(const Stream& stream, const std::filesystem::path& folder) {
  const auto& file = stream.files.at(0);
  return open_payload(folder / file.path, payload_format(stream, stream.words));
}

StreamData read_data(const DiagnosisInput& input) {
  const Stream& stream = *input.result.stream;
  StreamData data;
  data.expected_bytes = read_all(*open_reference(stream, input.check.folder), stream.payload_bytes, nullptr);
  std::vector<std::uint8_t> states;
  const std::int64_t slack = 4096;  // words that came in between
  data.found_bytes = read_all(*open_payload(input.result.file, payload_format(stream, input.dump_words)),
                              stream.payload_bytes + slack, &states);
  for (const auto& record : stream.records) {
    data.starts.push_back(std::ssize(data.expected));
    for (std::int64_t element = 0; element < record.elements; ++element) {
      const std::int64_t at = record.word * stream.words.word_bytes + element * stream.element_bytes;
      const std::int64_t end = at + stream.element_bytes;
      data.expected.push_back(
          load_number(data.expected_bytes.data() + at, stream.element_bytes, stream.is_signed));
      const bool known =
          end <= std::ssize(data.found_bytes) &&
          std::all_of(states.begin() + at, states.begin() + end, [](auto s) { return s == kKnown; });
      data.known.push_back(known ? 1 : 0);
      data.found.push_back(
          known ? load_number(data.found_bytes.data() + at, stream.element_bytes, stream.is_signed) : 0);
    }
  }
  return data;
}

}  // namespace

std::vector<std::int64_t> read_values(const Stream& stream, const std::filesystem::path& folder) {
  const auto bytes = read_all(*open_reference(stream, folder), stream.payload_bytes, nullptr);
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
  if (input.result.stream->payload_bytes > kMaxBytes) return {};
  const StreamData data = read_data(input);
  std::vector<Guess> guesses;
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
  return texts;
}

}  // namespace npu::sim::golden
