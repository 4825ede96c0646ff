// Raw binary payloads, and the choice of reader.
#include <algorithm>

#include "sim/golden/input_file.h"
#include "sim/golden/payload_reader.h"

namespace npu::sim::golden {
namespace {

class BinaryReader : public PayloadReader {
 public:
  BinaryReader(const std::filesystem::path& path, const PayloadFormat& format, Sha256* hash)
      : file_(path, hash),
        width_(format.words.word_bytes),
        order_(byte_order(format.words, format.element_bytes, format.words.big_endian)),
        identity_(is_identity(order_)) {}

  std::int64_t read(std::span<std::uint8_t> bytes, std::span<std::uint8_t> /*states*/) override {
    if (identity_) return file_.read(bytes);
    std::int64_t done = 0;
    while (done < std::ssize(bytes)) {
      if (at_ == std::ssize(payload_) && !refill(std::ssize(bytes) - done)) break;
      const std::int64_t count = std::min(std::ssize(payload_) - at_, std::ssize(bytes) - done);
      std::copy_n(payload_.begin() + at_, count, bytes.begin() + done);
      at_ += count;
      done += count;
    }
    return done;
  }

 private:
  // Whole words that cover `wanted` bytes. The bytes of a last, incomplete word have no known place: they are
  // given as they lie, so that the file ends where it does.
  bool refill(std::int64_t wanted) {
    words_.resize(static_cast<std::size_t>((wanted + width_ - 1) / width_ * width_));
    const std::int64_t count = file_.read(words_);
    payload_.assign(words_.begin(), words_.begin() + count);
    for (std::int64_t word = 0; word + width_ <= count; word += width_) {
      for (int byte = 0; byte < width_; ++byte) {
        payload_[static_cast<std::size_t>(word + byte)] =
            words_[static_cast<std::size_t>(word + order_[static_cast<std::size_t>(byte)])];
      }
    }
    at_ = 0;
    return count > 0;
  }

  InputFile file_;
  int width_;
  std::vector<int> order_;
  bool identity_;
  std::vector<std::uint8_t> words_;
  std::vector<std::uint8_t> payload_;
  std::int64_t at_ = 0;
};

}  // namespace

Encoding encoding_of(const std::filesystem::path& path) {
  const auto extension = path.extension();
  if (extension == ".npy") return Encoding::kNpy;
  const bool text = extension == ".hex" || extension == ".mem" || extension == ".txt";
  return text ? Encoding::kHex : Encoding::kBinary;
}

std::unique_ptr<PayloadReader> open_binary(const std::filesystem::path& path, const PayloadFormat& format,
                                           Sha256* hash) {
  return std::make_unique<BinaryReader>(path, format, hash);
}

std::unique_ptr<PayloadReader> open_payload(const std::filesystem::path& path, const PayloadFormat& format,
                                            Sha256* hash) {
  switch (encoding_of(path)) {
    case Encoding::kHex:
      return open_hex(path, format, hash);
    case Encoding::kNpy:
      return open_npy(path, format);
    case Encoding::kBinary:
      break;
  }
  return open_binary(path, format, hash);
}

}  // namespace npu::sim::golden
