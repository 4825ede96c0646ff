// What must be known of a hex file before it can be read in the order of addresses: whether its words have a
// 0x, and which words lie where. Simulators write addresses in any order, descending ranges word by word.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "sim/golden/hex_tokens.h"

namespace npu::sim::golden {

/// Consecutive words at consecutive addresses.
struct HexRun {
  std::int64_t address = 0;
  std::int64_t words = 0;
  std::int64_t skip = 0;  ///< words after `begin` that belong to no run: a later one replaces them
  HexTokens::Position begin;
};

struct HexLayout {
  bool prefixed = false;     ///< every word begins with 0x
  std::vector<HexRun> runs;  ///< ascending, without overlap: of words given twice the later ones
};

inline constexpr std::int64_t kAllWords = INT64_MAX;

/// Reads the file once if it has addresses, else its beginning; a file without any is one run of kAllWords.
/// Memory grows with the number of addresses that do not continue the one before. Throws InputError: text
/// that is no hex, or an address beyond `words_expected`.
HexLayout read_hex_layout(const std::filesystem::path& path, std::int64_t words_expected);

}  // namespace npu::sim::golden
