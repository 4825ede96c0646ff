// The program file: fixed preamble, JSON header, instruction words, constants, SHA-256. docs/program_file.md
// has the layout. Sizes are compared with the bytes present before anything is allocated; a file is read
// whole or refused.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>

#include "hw/common/error.h"
#include "hw/common/file.h"
#include "hw/common/hash.h"
#include "hw/common/json_reader.h"
#include "hw/isa/encoding.h"
#include "hw/isa/program_json.h"

namespace npu::hw {
namespace {

constexpr std::string_view kMagic = "NPUPROG\n";
constexpr std::int64_t kDigestBytes = 32;
constexpr std::int64_t kPreambleBytes = 8 + 4 + 4 + 3 * 8;
constexpr std::int64_t kFileLimitBytes = std::int64_t{4} << 30;

using ByteSpan = std::span<const std::uint8_t>;

template <class Unsigned>
void append_little_endian(std::vector<std::uint8_t>& bytes, Unsigned value) {
  for (std::size_t byte = 0; byte < sizeof(Unsigned); ++byte) {
    bytes.push_back(static_cast<std::uint8_t>(value >> (8 * byte)));
  }
}

/// Takes parts from the front of the file; the caller has checked that they are there.
class Cursor {
 public:
  explicit Cursor(ByteSpan bytes) : rest_(bytes) {}

  ByteSpan take(std::int64_t count) {
    NPU_CHECK(count >= 0 && count <= std::ssize(rest_), "program file: part outside the file");
    const ByteSpan part = rest_.first(static_cast<std::size_t>(count));
    rest_ = rest_.subspan(static_cast<std::size_t>(count));
    return part;
  }

  std::uint64_t number(std::int64_t count) {
    std::uint64_t value = 0;
    const ByteSpan part = take(count);
    for (std::size_t byte = 0; byte < part.size(); ++byte) value |= std::uint64_t{part[byte]} << (8 * byte);
    return value;
  }

  std::int64_t remaining() const { return std::ssize(rest_); }

 private:
  ByteSpan rest_;
};

std::array<std::uint8_t, kDigestBytes> digest_of(ByteSpan bytes) {
  const std::string text = sha256_hex(bytes);
  const auto nibble = [&](std::size_t i) { return text[i] <= '9' ? text[i] - '0' : text[i] - 'a' + 10; };
  std::array<std::uint8_t, kDigestBytes> digest{};
  for (std::size_t i = 0; i < digest.size(); ++i) {
    digest[i] = static_cast<std::uint8_t>(nibble(2 * i) * 16 + nibble(2 * i + 1));
  }
  return digest;
}

struct Sizes {
  std::int64_t header_bytes = 0;
  std::int64_t instructions = 0;
  std::int64_t constant_bytes = 0;
};

// The parts must fill the file exactly; a size that no file of this length can have is refused before any
// product.
Sizes read_sizes(Cursor& cursor, std::int64_t payload_bytes) {
  const auto bounded = [&](const char* what, std::int64_t unit_bytes) {
    const std::uint64_t found = cursor.number(8);
    const auto limit = static_cast<std::uint64_t>(payload_bytes / unit_bytes);
    if (found > limit) {
      throw ProgramError(
          -1, fmt::format("{}: found {}, expected at most {} in a file of this size", what, found, limit));
    }
    return static_cast<std::int64_t>(found);
  };
  Sizes sizes;
  sizes.header_bytes = bounded("length of the JSON header", 1);
  sizes.instructions = bounded("number of instructions", kInstructionBytes);
  sizes.constant_bytes = bounded("length of the constants", 1);
  const std::int64_t needed =
      sizes.header_bytes + sizes.instructions * kInstructionBytes + sizes.constant_bytes;
  if (needed != payload_bytes) {
    throw ProgramError(
        -1, fmt::format("found {} bytes between preamble and checksum, expected {} by the sizes given",
                        payload_bytes, needed));
  }
  return sizes;
}

void check_preamble(Cursor& cursor) {
  const ByteSpan magic = cursor.take(std::ssize(kMagic));
  if (!std::equal(magic.begin(), magic.end(), kMagic.begin())) {
    throw ProgramError(-1, "found another kind of file, expected a program (its first bytes are NPUPROG)");
  }
  const std::uint64_t version = cursor.number(4);
  if (version != kProgramVersion) {
    throw ProgramError(-1, fmt::format("found format version {}, expected {}: compile the network again",
                                       version, kProgramVersion));
  }
  const std::uint64_t word_bytes = cursor.number(4);
  if (word_bytes != kInstructionBytes) {
    throw ProgramError(
        -1, fmt::format("found instruction words of {} bytes, expected {}", word_bytes, kInstructionBytes));
  }
}

void read_header(ByteSpan header, Program& program) {
  constexpr const char* kName = "JSON header";
  try {
    const auto json = parse_json(std::string(header.begin(), header.end()), kName);
    program_header_from_json(json, kName, program);
  } catch (const ConfigError& error) {
    throw ProgramError(-1, error.what());
  }
}

}  // namespace

std::vector<std::uint8_t> serialize(const Program& program) {
  check_symbols(program);
  // Names come from files: bytes that are not UTF-8 are replaced, for JSON has no other way to hold them.
  const std::string header =
      program_header_to_json(program).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  std::vector<std::uint8_t> bytes(kMagic.begin(), kMagic.end());
  append_little_endian(bytes, std::uint32_t{kProgramVersion});
  append_little_endian(bytes, std::uint32_t{kInstructionBytes});
  append_little_endian(bytes, std::uint64_t{header.size()});
  append_little_endian(bytes, std::uint64_t{program.instructions.size()});
  append_little_endian(bytes, std::uint64_t{program.constants.size()});
  bytes.insert(bytes.end(), header.begin(), header.end());
  for (std::size_t pc = 0; pc < program.instructions.size(); ++pc) {
    const InstructionWord word = encode(program.instructions[pc], static_cast<std::int64_t>(pc));
    bytes.insert(bytes.end(), word.begin(), word.end());
  }
  bytes.insert(bytes.end(), program.constants.begin(), program.constants.end());
  const auto digest = digest_of(bytes);
  bytes.insert(bytes.end(), digest.begin(), digest.end());
  return bytes;
}

Program deserialize(std::span<const std::uint8_t> bytes) {
  if (std::ssize(bytes) < kPreambleBytes + kDigestBytes) {
    throw ProgramError(
        -1, fmt::format("found {} bytes, expected at least {}", bytes.size(), kPreambleBytes + kDigestBytes));
  }
  Cursor cursor(bytes);
  check_preamble(cursor);
  const Sizes sizes = read_sizes(cursor, std::ssize(bytes) - kPreambleBytes - kDigestBytes);
  const auto digest = digest_of(bytes.first(bytes.size() - static_cast<std::size_t>(kDigestBytes)));
  if (!std::equal(digest.begin(), digest.end(), bytes.last(static_cast<std::size_t>(kDigestBytes)).begin())) {
    throw ProgramError(-1,
                       "found contents that do not match the checksum, expected the file as it was written");
  }
  Program program;
  read_header(cursor.take(sizes.header_bytes), program);
  program.instructions.reserve(static_cast<std::size_t>(sizes.instructions));
  for (std::int64_t pc = 0; pc < sizes.instructions; ++pc) {
    program.instructions.push_back(decode(cursor.take(kInstructionBytes).first<kInstructionBytes>(), pc));
  }
  const ByteSpan constants = cursor.take(sizes.constant_bytes);
  program.constants.assign(constants.begin(), constants.end());
  check_symbols(program);
  return program;
}

void write_program(const Program& program, const std::filesystem::path& path) {
  write_file(path, serialize(program));
}

Program read_program(const std::filesystem::path& path) {
  const auto bytes = read_file(path, kFileLimitBytes);
  try {
    return deserialize(bytes);
  } catch (const ProgramError& error) {
    const std::string_view text = error.what();  // "program...: problem"
    throw ProgramError(error.pc(), fmt::format("{}: {}", path.string(), text.substr(text.find(": ") + 2)));
  }
}

}  // namespace npu::hw
