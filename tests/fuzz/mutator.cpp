#include "tests/fuzz/mutator.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

namespace npu::fuzz {
namespace {

using tests::TestRandom;

constexpr std::int64_t kLongestRun = 64;
constexpr std::array<std::int64_t, 10> kExtremes{
    0, -1, 1, 127, 255, 65'536, 0x7FFFFFFF, std::int64_t{1} << 31, INT64_MAX, INT64_MIN};
constexpr std::array<std::string_view, 12> kWords{
    "null", "-1", "0", "1e308", "-0.5", "9223372036854775808", "[", "{}", "true", "\"\"", ",", "1e-320"};

std::size_t position_in(const Bytes& bytes, TestRandom& random) {
  return static_cast<std::size_t>(random.integer(0, std::max<std::int64_t>(0, std::ssize(bytes) - 1)));
}

Bytes run_of(const Bytes& bytes, TestRandom& random) {
  const std::size_t first = position_in(bytes, random);
  const std::size_t length =
      std::min(bytes.size() - first, static_cast<std::size_t>(random.integer(1, kLongestRun)));
  return {bytes.begin() + static_cast<std::ptrdiff_t>(first),
          bytes.begin() + static_cast<std::ptrdiff_t>(first + length)};
}

void insert(Bytes& bytes, std::size_t position, std::span<const std::uint8_t> run) {
  bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(position), run.begin(), run.end());
}

void overwrite(Bytes& bytes, std::size_t position, std::span<const std::uint8_t> run) {
  std::copy_n(run.begin(), std::min(run.size(), bytes.size() - position),
              bytes.begin() + static_cast<std::ptrdiff_t>(position));
}

void change_bytes(Bytes& bytes, TestRandom& random) {
  const std::size_t position = position_in(bytes, random);
  if (random.integer(0, 1) == 0) {
    bytes[position] = static_cast<std::uint8_t>(bytes[position] ^ (1 << random.integer(0, 7)));
  } else {
    bytes[position] = static_cast<std::uint8_t>(random.integer(0, 255));
  }
}

void write_extreme(Bytes& bytes, TestRandom& random) {
  const std::int64_t value = kExtremes[static_cast<std::size_t>(random.integer(0, kExtremes.size() - 1))];
  std::array<std::uint8_t, 8> raw{};
  std::memcpy(raw.data(), &value, sizeof(value));
  const std::size_t width = std::size_t{1} << random.integer(0, 3);
  overwrite(bytes, position_in(bytes, random), std::span(raw).first(width));
}

void write_word(Bytes& bytes, TestRandom& random) {
  const std::string_view word = kWords[static_cast<std::size_t>(random.integer(0, kWords.size() - 1))];
  const std::size_t position = position_in(bytes, random);
  const std::span run(reinterpret_cast<const std::uint8_t*>(word.data()), word.size());
  random.integer(0, 1) == 0 ? insert(bytes, position, run) : overwrite(bytes, position, run);
}

void move_run(Bytes& bytes, const Bytes& source, TestRandom& random) {
  const Bytes run = run_of(source, random);
  const std::size_t position = position_in(bytes, random);
  random.integer(0, 1) == 0 ? insert(bytes, position, run) : overwrite(bytes, position, run);
}

void remove_run(Bytes& bytes, TestRandom& random) {
  const auto first = bytes.begin() + static_cast<std::ptrdiff_t>(position_in(bytes, random));
  bytes.erase(first, first + std::min(bytes.end() - first, random.integer(1, kLongestRun)));
}

}  // namespace

Bytes mutated(const Bytes& seed, const Bytes& other, TestRandom& random) {
  Bytes bytes = seed;
  const std::int64_t changes = random.integer(1, 8);
  for (std::int64_t change = 0; change < changes && !bytes.empty(); ++change) {
    switch (random.integer(0, 6)) {
      case 0:
      case 1:
        change_bytes(bytes, random);
        break;
      case 2:
        write_extreme(bytes, random);
        break;
      case 3:
        write_word(bytes, random);
        break;
      case 4:
        move_run(bytes, bytes, random);
        break;
      case 5:
        move_run(bytes, other, random);
        break;
      default:
        remove_run(bytes, random);
    }
  }
  bytes.resize(std::min(bytes.size(), kLargestInput));
  return bytes;
}

}  // namespace npu::fuzz
