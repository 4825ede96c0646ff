#include "sim/golden/hex_layout.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>
#include <map>

namespace npu::sim::golden {
namespace {

constexpr std::size_t kBlockBytes = std::size_t{1} << 18;
constexpr std::int64_t kWordsThatTell = 4096;
constexpr std::int64_t kMaxAddress = std::int64_t{1} << 56;

// Comments may hold an @ too; then the file is read as if it had addresses.
bool may_have_addresses(const std::filesystem::path& path) {
  InputFile file(path);
  std::vector<std::uint8_t> block(kBlockBytes);
  for (;;) {
    const auto count = static_cast<std::size_t>(file.read(block));
    if (count == 0) return false;
    if (std::memchr(block.data(), '@', count) != nullptr) return true;
  }
}

// 0x05 is a prefix and 5, or a 0, an undefined digit and 05. It is a prefix if every word has one and no
// other undefined digit: simulators print x digits, languages with a prefix do not.
bool is_prefixed(const std::filesystem::path& path) {
  HexTokens tokens(path);
  std::int64_t words = 0;
  while (words < kWordsThatTell) {
    const auto kind = tokens.next();
    if (kind == HexTokens::Kind::kEnd) break;
    if (kind == HexTokens::Kind::kAddress) continue;
    const auto& digits = tokens.digits();
    if (!tokens.begins_0x() || digits.size() < 3 || std::ranges::count(digits, kUndefinedDigit) > 1)
      return false;
    ++words;
  }
  return words > 0;
}

std::int64_t address_of(const HexTokens& tokens, std::int64_t words_expected) {
  std::int64_t address = 0;
  const std::size_t prefix = tokens.begins_0x() ? 2 : 0;
  for (std::size_t index = prefix; index < tokens.digits().size(); ++index) {
    const std::uint8_t digit = tokens.digits()[index];
    if (digit == kUndefinedDigit || address > kMaxAddress)
      tokens.fail("that address", "an address of the stream");
    address = address * 16 + digit;
  }
  if (address > words_expected) {
    tokens.fail(fmt::format("address {:#x}", address),
                fmt::format("at most {:#x}: addresses count words of the stream", words_expected));
  }
  return address;
}

// In the order of the file.
std::vector<HexRun> runs_of_file(const std::filesystem::path& path, std::int64_t words_expected) {
  HexTokens tokens(path);
  std::vector<HexRun> runs{HexRun{}};
  for (;;) {
    const auto kind = tokens.next();
    if (kind == HexTokens::Kind::kEnd) return runs;
    HexRun& run = runs.back();
    if (kind == HexTokens::Kind::kWord) {
      if (run.words == 0) run.begin = tokens.position();
      ++run.words;
      continue;
    }
    const std::int64_t address = address_of(tokens, words_expected);
    if (run.words == 0)
      run.address = address;
    else if (address != run.address + run.words)
      runs.push_back({address, 0, 0, {}});
  }
}

using RunsByAddress = std::map<std::int64_t, HexRun>;

// Takes [begin, end) out of the runs: what `run` keeps before and behind it stays.
void cut_out(RunsByAddress& runs, std::int64_t begin, std::int64_t end) {
  auto next = runs.lower_bound(begin);
  if (next != runs.begin()) --next;
  while (next != runs.end() && next->first < end) {
    const HexRun run = next->second;
    const std::int64_t run_end = run.address + run.words;
    ++next;
    if (run_end <= begin) continue;
    runs.erase(run.address);
    if (run.address < begin) runs[run.address] = {run.address, begin - run.address, run.skip, run.begin};
    if (run_end > end) runs[end] = {end, run_end - end, run.skip + end - run.address, run.begin};
  }
}

}  // namespace

HexLayout read_hex_layout(const std::filesystem::path& path, std::int64_t words_expected) {
  HexLayout layout;
  layout.prefixed = is_prefixed(path);
  if (!may_have_addresses(path)) {
    layout.runs.push_back({0, kAllWords, 0, {}});
    return layout;
  }
  RunsByAddress by_address;
  for (const HexRun& run : runs_of_file(path, words_expected)) {
    if (run.words == 0) continue;
    cut_out(by_address, run.address, run.address + run.words);
    by_address[run.address] = run;
  }
  for (const auto& [address, run] : by_address) layout.runs.push_back(run);
  return layout;
}

}  // namespace npu::sim::golden
