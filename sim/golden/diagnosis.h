// Guesses what went wrong from the pattern of a wrong stream: its arrangement (order of bytes, words,
// channels, tiles) and its arithmetic (what the instruction would have given with a known fault, recomputed
// from the export's own program and input). Guesses are claims about the data, each with the share of the
// wrong elements it explains.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/golden/locator.h"

namespace npu::sim::golden {

struct DiagnosisInput {
  const CheckResult& check;
  const StreamResult& result;  ///< of the first wrong stream
  const Location& first;
  WordFormat dump_words;
  const Locator& locator;
  std::int64_t window_bytes =
      0;  ///< of a longer stream only so much around the first wrong element is looked at
};

/// Best first; at most a few.
std::vector<std::string> diagnose(const DiagnosisInput& input);

/// The stimulus fields of one unit vector: "acc -1000, bias 0, ...".
std::string vector_inputs(const Manifest& manifest, const std::filesystem::path& folder, std::int64_t vector);

/// A guess and the share of the wrong elements that it explains.
struct Guess {
  std::string text;
  double explained = 0;
};

/// Both sides of a stream, or of a window of a long one, as numbers, records one after the other, and as
/// payload bytes.
struct StreamData {
  std::vector<std::int64_t> expected;
  std::vector<std::int64_t> found;  ///< as long as expected; absent or undefined elements are 0 and not known
  std::vector<std::uint8_t> known;
  std::vector<std::uint8_t> expected_bytes;
  std::vector<std::uint8_t> found_bytes;  ///< from the same byte on, and somewhat further
  std::vector<std::int64_t> starts;       ///< first element of each record, counted from the stream's begin
  bool whole = true;
  std::int64_t first_byte = 0;     ///< of the window in the payload
  std::int64_t first_element = 0;  ///< of the window in the stream

  /// Where expected, found and known hold an element of the stream; -1: not in the window.
  std::int64_t index_of(std::int64_t element) const {
    const std::int64_t index = element - first_element;
    return index >= 0 && index < static_cast<std::int64_t>(expected.size()) ? index : -1;
  }
};

/// The dump is another file of the export, or text where binary is expected.
void guess_file(const DiagnosisInput& input, const StreamData& data, std::vector<Guess>& guesses);

/// Order of bytes, words and elements; bit patterns of single elements.
void guess_arrangement(const DiagnosisInput& input, const StreamData& data, std::vector<Guess>& guesses);

/// Swapped or stale channels, rows, columns and tiles of a tensor.
void guess_exchange(const DiagnosisInput& input, const StreamData& data, std::vector<Guess>& guesses);

/// Faults of the arithmetic, recomputed.
void guess_arithmetic(const DiagnosisInput& input, const StreamData& data, std::vector<Guess>& guesses);

/// All values of a stimulus or expected stream of the export. Throws InputError.
std::vector<std::int64_t> read_values(const Stream& stream, const std::filesystem::path& folder);

}  // namespace npu::sim::golden
