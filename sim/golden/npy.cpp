#include "sim/golden/npy.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

#include "hw/common/error.h"
#include "sim/golden/payload_reader.h"

namespace npu::sim::golden {
namespace {

constexpr std::int64_t kMaxHeaderBytes = 65536;
constexpr std::int64_t kMaxElements = std::int64_t{1} << 40;
constexpr std::int64_t kMaxWholeArrayElements = std::int64_t{1} << 28;

[[noreturn]] void refuse(const InputFile& file, const std::string& found, const std::string& expected) {
  throw InputError(file.path().string(), fmt::format("npy header: found {}, expected {}", found, expected));
}

// The text after 'key': in the header's dictionary.
std::string after_key(const InputFile& file, const std::string& header, const std::string& key) {
  const auto at = header.find("'" + key + "'");
  const auto colon = at == std::string::npos ? at : header.find(':', at);
  if (colon == std::string::npos) refuse(file, "no '" + key + "'", "descr, fortran_order and shape");
  const auto begin = header.find_first_not_of(' ', colon + 1);
  return begin == std::string::npos ? "" : header.substr(begin);
}

void read_type(const InputFile& file, const std::string& text, NpyHeader& header) {
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

void read_shape(const InputFile& file, const std::string& text, NpyHeader& header) {
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

std::uint64_t load_item(const std::uint8_t* bytes, const NpyHeader& header) {
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

double item_value(std::uint64_t bits, const NpyHeader& header) {
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

/// Elements of an array as payload elements; each must fit the stream's width.
class NpyReader : public BufferedReader {
 public:
  NpyReader(const std::filesystem::path& path, const PayloadFormat& format)
      : file_(path), header_(read_npy_header(file_)), format_(format), left_(header_.elements()) {
    if (header_.kind == 'f') refuse(file_, "floats", "integers");
    if (format.element_bytes > 8) refuse(file_, "an npy dump", "hex or binary for words of that width");
  }

 private:
  bool refill(std::int64_t /*wanted*/) override {
    constexpr std::int64_t kElements = 65536;
    const std::int64_t wanted = std::min(kElements, left_);
    items_.resize(static_cast<std::size_t>(wanted * header_.item_bytes));
    const std::int64_t items = file_.read(items_) / header_.item_bytes;
    payload_.clear();
    for (std::int64_t item = 0; item < items; ++item) {
      append(load_item(items_.data() + item * header_.item_bytes, header_));
      pad();
    }
    left_ -= items;
    if (items < wanted) left_ = 0;
    return items > 0;
  }

  void append(std::uint64_t bits) {
    const int width = format_.element_bytes;
    const auto value =
        header_.kind == 'i' ? sign_extended(bits, header_.item_bytes) : static_cast<std::int64_t>(bits);
    const std::int64_t kept = width == 8 ? value
                              : format_.is_signed
                                  ? sign_extended(static_cast<std::uint64_t>(value), width)
                                  : static_cast<std::int64_t>(static_cast<std::uint64_t>(value) &
                                                              ((std::uint64_t{1} << (8 * width)) - 1));
    if (kept != value) {
      throw InputError(file_.path().string(),
                       fmt::format("found {}, expected {} numbers of {} bits", value,
                                   format_.is_signed ? "signed" : "unsigned", 8 * width));
    }
    for (int byte = 0; byte < width; ++byte) {
      payload_.push_back(static_cast<std::uint8_t>(static_cast<std::uint64_t>(value) >> (8 * byte)));
    }
  }

  // Zeros after the last element of a record, as the other encodings have them.
  void pad() {
    if (record_ == format_.records.size()) return;
    in_record_ += format_.element_bytes;
    while (record_ < format_.records.size() && in_record_ >= format_.records[record_].bytes) {
      const auto& extent = format_.records[record_++];
      payload_.insert(payload_.end(), static_cast<std::size_t>(extent.padded_bytes - extent.bytes), 0);
      in_record_ -= extent.bytes;
    }
  }

  InputFile file_;
  NpyHeader header_;
  PayloadFormat format_;
  std::size_t record_ = 0;
  std::int64_t in_record_ = 0;
  std::int64_t left_;
  std::vector<std::uint8_t> items_;
};

}  // namespace

std::int64_t NpyHeader::elements() const {
  std::int64_t product = 1;
  for (const std::int64_t extent : shape) product *= extent;
  return product;
}

NpyHeader read_npy_header(InputFile& file) {
  std::array<std::uint8_t, 8> start{};
  const bool magic = file.read(start) == 8 && std::memcmp(start.data(), "\x93NUMPY", 6) == 0;
  if (!magic || start[6] < 1 || start[6] > 3) refuse(file, "another start", "\\x93NUMPY, version 1 to 3");
  std::vector<std::uint8_t> length(start[6] == 1 ? 2 : 4);
  if (file.read(length) != std::ssize(length)) refuse(file, "the end of the file", "a length");
  std::int64_t bytes = 0;
  for (std::size_t byte = 0; byte < length.size(); ++byte) bytes |= std::int64_t{length[byte]} << (8 * byte);
  if (bytes > kMaxHeaderBytes) refuse(file, fmt::format("{} bytes", bytes), "a short header");
  std::string text(static_cast<std::size_t>(bytes), ' ');
  if (file.read({reinterpret_cast<std::uint8_t*>(text.data()), text.size()}) != bytes) {
    refuse(file, "the end of the file", fmt::format("{} bytes", bytes));
  }
  NpyHeader header;
  read_type(file, after_key(file, text, "descr"), header);
  if (!after_key(file, text, "fortran_order").starts_with("False")) refuse(file, "Fortran order", "C order");
  read_shape(file, after_key(file, text, "shape"), header);
  return header;
}

NpyArray read_npy(const std::filesystem::path& path) {
  InputFile file(path);
  NpyArray array;
  array.header = read_npy_header(file);
  const std::int64_t elements = array.header.elements();
  if (elements > kMaxWholeArrayElements) refuse(file, "that shape", "fewer elements");
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(elements * array.header.item_bytes));
  if (file.read(bytes) != std::ssize(bytes) || file.next() >= 0) {
    throw InputError(
        path.string(),
        fmt::format("expected {} elements after the header, the file is shorter or longer", elements));
  }
  for (std::int64_t item = 0; item < elements; ++item) {
    array.values.push_back(
        item_value(load_item(bytes.data() + item * array.header.item_bytes, array.header), array.header));
  }
  return array;
}

std::unique_ptr<PayloadReader> open_npy(const std::filesystem::path& path, const PayloadFormat& format) {
  return std::make_unique<NpyReader>(path, format);
}

}  // namespace npu::sim::golden
