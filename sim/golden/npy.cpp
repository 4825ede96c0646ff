#include "sim/golden/npy.h"

#include <fmt/core.h>

#include <algorithm>

#include "hw/common/error.h"
#include "sim/golden/payload_reader.h"

namespace npu::sim::golden {
namespace {

constexpr std::int64_t kMaxWholeArrayElements = std::int64_t{1} << 28;

[[noreturn]] void refuse(const InputFile& file, const std::string& found, const std::string& expected) {
  throw InputError(file.path().string(), fmt::format("npy header: found {}, expected {}", found, expected));
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
      append(npy_item_bits(items_.data() + item * header_.item_bytes, header_));
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

NpyHeader read_npy_header(InputFile& file) {
  return npu::read_npy_header([&](std::span<std::uint8_t> bytes) { return file.read(bytes); },
                              file.path().string());
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
    array.values.push_back(npy_item_value(bytes.data() + item * array.header.item_bytes, array.header));
  }
  return array;
}

std::unique_ptr<PayloadReader> open_npy(const std::filesystem::path& path, const PayloadFormat& format) {
  return std::make_unique<NpyReader>(path, format);
}

}  // namespace npu::sim::golden
