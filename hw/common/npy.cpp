#include "hw/common/npy.h"

#include <fmt/core.h>

#include <array>
#include <cstring>

#include "hw/common/error.h"

namespace npu {
namespace {

constexpr std::int64_t kMaxHeaderBytes = 65536;
constexpr std::int64_t kMaxElements = std::int64_t{1} << 40;

[[noreturn]] void refuse(const std::string& file, const std::string& found, const std::string& expected) {
  throw InputError(file, fmt::format("npy header: found {}, expected {}", found, expected));
}

// The text after 'key': in the header's dictionary.
std::string after_key(const std::string& file, const std::string& header, const std::string& key) {
  const auto at = header.find("'" + key + "'");
  const auto colon = at == std::string::npos ? at : header.find(':', at);
  if (colon == std::string::npos) refuse(file, "no '" + key + "'", "descr, fortran_order and shape");
  const auto begin = header.find_first_not_of(' ', colon + 1);
  return begin == std::string::npos ? "" : header.substr(begin);
}

void read_type(const std::string& file, const std::string& text, NpyHeader& header) {
  const bool quoted = text.size() >= 5 && text[0] == '\'' && text[4] == '\'';
  const std::string type = quoted ? text.substr(1, 3) : text.substr(0, 8);
  header.big_endian = type[0] == '>';
  header.kind = type.size() > 1 ? type[1] : '?';
  header.item_bytes = type.size() > 2 ? type[2] - '0' : 0;
  const int size = header.item_bytes;
  const bool integer =
      (header.kind == 'i' || header.kind == 'u') && (size == 1 || size == 2 || size == 4 || size == 8);
  const bool real = header.kind == 'f' && (size == 4 || size == 8);
  if (!quoted || std::string("<>|=").find(type[0]) == std::string::npos || (!integer && !real)) {
    refuse(file, "element type " + type, "integers of 1, 2, 4 or 8 bytes or floats of 4 or 8");
  }
}

void read_shape(const std::string& file, const std::string& text, NpyHeader& header) {
  const auto end = text.find(')');
  if (text.empty() || text[0] != '(' || end == std::string::npos) refuse(file, "no tuple", "'shape': (...)");
  std::int64_t product = 1;
  std::int64_t number = -1;
  for (std::size_t at = 1; at <= end; ++at) {
    const char character = text[at];
    if (character >= '0' && character <= '9') {
      number = (number < 0 ? 0 : number) * 10 + (character - '0');
    } else if (number >= 0) {
      if (number > 0 && product > kMaxElements / number) refuse(file, "that shape", "fewer elements");
      product *= number;
      header.shape.push_back(number);
      number = -1;
    }
    if (number > kMaxElements) refuse(file, "that shape", "fewer elements");
  }
}

}  // namespace

std::int64_t NpyHeader::elements() const {
  std::int64_t product = 1;
  for (const std::int64_t extent : shape) product *= extent;
  return product;
}

NpyHeader read_npy_header(const ByteSource& source, const std::string& file) {
  std::array<std::uint8_t, 8> start{};
  const bool magic = source(start) == std::ssize(start) && std::memcmp(start.data(), "\x93NUMPY", 6) == 0;
  if (!magic || start[6] < 1 || start[6] > 3) refuse(file, "another start", "\\x93NUMPY, version 1 to 3");
  std::vector<std::uint8_t> length(start[6] == 1 ? 2 : 4);
  if (source(length) != std::ssize(length)) refuse(file, "the end of the file", "a length");
  std::int64_t bytes = 0;
  for (std::size_t byte = 0; byte < length.size(); ++byte) bytes |= std::int64_t{length[byte]} << (8 * byte);
  if (bytes > kMaxHeaderBytes) refuse(file, fmt::format("{} bytes", bytes), "a short header");
  std::string text(static_cast<std::size_t>(bytes), ' ');
  if (source({reinterpret_cast<std::uint8_t*>(text.data()), text.size()}) != bytes) {
    refuse(file, "the end of the file", fmt::format("{} bytes", bytes));
  }
  NpyHeader header;
  header.data_offset = std::ssize(start) + std::ssize(length) + bytes;
  read_type(file, after_key(file, text, "descr"), header);
  if (!after_key(file, text, "fortran_order").starts_with("False")) refuse(file, "Fortran order", "C order");
  read_shape(file, after_key(file, text, "shape"), header);
  return header;
}

std::uint64_t npy_item_bits(const std::uint8_t* bytes, const NpyHeader& header) {
  std::uint64_t bits = 0;
  for (int byte = 0; byte < header.item_bytes; ++byte) {
    const int from = header.big_endian ? header.item_bytes - 1 - byte : byte;
    bits |= std::uint64_t{bytes[from]} << (8 * byte);
  }
  return bits;
}

std::int64_t sign_extended(std::uint64_t bits, int bytes) {
  const int unused = 64 - 8 * bytes;
  return static_cast<std::int64_t>(bits << unused) >> unused;
}

double npy_item_value(const std::uint8_t* bytes, const NpyHeader& header) {
  const std::uint64_t bits = npy_item_bits(bytes, header);
  if (header.kind == 'u') return static_cast<double>(bits);
  if (header.kind == 'i') return static_cast<double>(sign_extended(bits, header.item_bytes));
  if (header.item_bytes == 4) {
    float value = 0;
    const auto narrow = static_cast<std::uint32_t>(bits);
    std::memcpy(&value, &narrow, sizeof value);
    return value;
  }
  double value = 0;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

}  // namespace npu
