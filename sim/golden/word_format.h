// How a stream of payload bytes lies in the words of a file. A payload is a row of little-endian elements; a
// word of W bytes takes the next W payload bytes, the first element in its least significant bits (or,
// "high_first", in its most significant). A binary file holds a word's bytes in little- or big-endian order;
// a $readmemh line is the word as a number, most significant digit first.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace npu::sim::golden {

struct WordFormat {
  int word_bytes = 4;
  bool big_endian = false;  ///< binary files only
  bool high_first = false;  ///< the first element of a word lies in its most significant bits

  friend bool operator==(const WordFormat&, const WordFormat&) = default;
};

inline constexpr int kMaxWordBytes = 1024;

/// order[p]: position in the file's word of payload byte p of that word. `most_significant_first`: as hex
/// digits and big-endian words are written. Elements wider than a word, or that do not divide it, are never
/// reordered.
std::vector<int> byte_order(const WordFormat& format, int element_bytes, bool most_significant_first);

/// Every payload byte keeps its place.
bool is_identity(const std::vector<int>& order);

/// Payload bytes to which a record is padded: whole words and whole elements.
std::int64_t record_alignment(const WordFormat& format, int element_bytes);

}  // namespace npu::sim::golden
