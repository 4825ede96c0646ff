// Patterns of whole files: what a step between the simulation and the check did to them.
#include <fmt/core.h>

#include <algorithm>
#include <cctype>

#include "sim/golden/diagnosis.h"
#include "sim/golden/input_file.h"

namespace npu::sim::golden {
namespace {

constexpr std::int64_t kMinimumBytes = 64;
constexpr std::int64_t kMaxHashedBytes = std::int64_t{1} << 30;

std::string sha256_of_file(const std::filesystem::path& path) {
  Sha256 hash;
  InputFile file(path, &hash);
  std::vector<std::uint8_t> block(std::size_t{1} << 18);
  while (file.read(block) > 0) continue;
  return hash.finish_hex();
}

// The file is, byte for byte, another one of the export.
void guess_other_stream(const DiagnosisInput& input, std::vector<Guess>& guesses) {
  std::error_code code;
  const auto size = static_cast<std::int64_t>(std::filesystem::file_size(input.result.file, code));
  if (code || size > kMaxHashedBytes) return;
  std::string hash;
  for (const auto& stream : input.check.manifest.streams) {
    if (&stream == input.result.stream) continue;
    for (const auto& file : stream.files) {
      if (file.bytes != size) continue;
      if (hash.empty()) hash = sha256_of_file(input.result.file);
      if (file.sha256 != hash) continue;
      guesses.push_back({fmt::format("the file is {} of the export: another stream's data", file.path), 1.0});
      return;
    }
  }
}

bool is_hex_text(std::uint8_t byte) {
  return std::isxdigit(byte) != 0 || std::isspace(byte) != 0 || byte == 'x' || byte == 'z' || byte == '_' ||
         byte == '@' || byte == '/';
}

// Each line feed became carriage return and line feed: the file was opened or sent as text.
bool is_text_translation(const StreamData& data) {
  std::size_t at = 0;
  std::int64_t line_feeds = 0;
  for (const std::uint8_t byte : data.expected_bytes) {
    if (byte == '\n') {
      if (at < data.found_bytes.size() && data.found_bytes[at] != '\r') return false;
      ++line_feeds;
      ++at;
    }
    if (at >= data.found_bytes.size()) break;
    if (data.found_bytes[at++] != byte) return false;
  }
  return line_feeds > 0;
}

}  // namespace

void guess_file(const DiagnosisInput& input, const StreamData& data, std::vector<Guess>& guesses) {
  guess_other_stream(input, guesses);
  if (encoding_of(input.result.file) != Encoding::kBinary) return;
  if (std::ssize(data.found_bytes) >= kMinimumBytes && std::ranges::all_of(data.found_bytes, is_hex_text)) {
    guesses.push_back(
        {"the file is hexadecimal text, read as binary because of its name: call it .hex", 1.0});
  }
  if (data.whole && is_text_translation(data)) {
    guesses.push_back({"each byte 0x0a became 0x0d 0x0a: the file was written or sent in text mode", 1.0});
  }
}

}  // namespace npu::sim::golden
