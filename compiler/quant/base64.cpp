#include "compiler/quant/base64.h"

#include <string_view>

namespace npu::compiler {
namespace {

constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string encode(const std::vector<std::uint8_t>& bytes) {
  std::string text;
  for (std::size_t first = 0; first < bytes.size(); first += 3) {
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i)
      group = group << 8 | (first + i < bytes.size() ? bytes[first + i] : 0U);
    const std::size_t used = bytes.size() - first < 3 ? bytes.size() - first : 3;
    for (std::size_t digit = 0; digit < 4; ++digit) {
      text += digit <= used ? kDigits[group >> (18 - 6 * digit) & 63U] : '=';
    }
  }
  return text;
}

std::optional<std::vector<std::uint8_t>> decode(const std::string& text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::vector<std::uint8_t> bytes;
  for (std::size_t first = 0; first < text.size(); first += 4) {
    std::uint32_t group = 0;
    std::size_t padding = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      const char letter = text[first + i];
      const std::size_t digit = kDigits.find(letter);
      const bool pads = letter == '=' && i >= 2 && first + 4 == text.size();
      if ((digit == std::string_view::npos && !pads) || (padding > 0 && !pads)) return std::nullopt;
      padding += pads ? 1 : 0;
      group = group << 6 | (pads ? 0U : static_cast<std::uint32_t>(digit));
    }
    for (std::size_t i = 0; i + padding < 3; ++i)
      bytes.push_back(static_cast<std::uint8_t>(group >> (16 - 8 * i)));
  }
  return bytes;
}

}  // namespace

std::string base64_of_integers(const std::vector<std::int16_t>& values, int bytes) {
  std::vector<std::uint8_t> raw;
  for (const std::int16_t value : values) {
    const auto bits = static_cast<std::uint16_t>(value);
    raw.push_back(static_cast<std::uint8_t>(bits & 0xFF));
    if (bytes == 2) raw.push_back(static_cast<std::uint8_t>(bits >> 8));
  }
  return encode(raw);
}

std::optional<std::vector<std::int16_t>> integers_of_base64(const std::string& text, std::size_t count) {
  const auto bytes = decode(text);
  if (!bytes || (bytes->size() != count && bytes->size() != 2 * count)) return std::nullopt;
  std::vector<std::int16_t> values;
  if (bytes->size() == count) {
    for (const std::uint8_t byte : *bytes) values.push_back(static_cast<std::int8_t>(byte));
  } else {
    for (std::size_t i = 0; i < bytes->size(); i += 2) {
      values.push_back(static_cast<std::int16_t>((*bytes)[i] | (*bytes)[i + 1] << 8));
    }
  }
  return values;
}

}  // namespace npu::compiler
