// Raw binary payloads, what readers share, and the choice of reader.
#include <algorithm>
#include <utility>

#include "hw/common/units.h"
#include "sim/golden/input_file.h"
#include "sim/golden/payload_reader.h"

namespace npu::sim::golden {
namespace {

/// Words in the order of the payload.
class PlainReader : public PayloadReader {
 public:
  PlainReader(const std::filesystem::path& path, Sha256* hash) : file_(path, hash) {}
  std::int64_t read(std::span<std::uint8_t> bytes, std::span<std::uint8_t> /*states*/) override {
    return file_.read(bytes);
  }

 private:
  InputFile file_;
};

class ReorderedReader : public BufferedReader {
 public:
  ReorderedReader(const std::filesystem::path& path, std::vector<int> order, Sha256* hash)
      : file_(path, hash), order_(std::move(order)) {}

 private:
  // Whole words that cover `wanted` bytes. The bytes of a last, incomplete word have no known place: they are
  // given as they lie, so that the file ends where it does.
  bool refill(std::int64_t wanted) override {
    const auto width = static_cast<std::int64_t>(order_.size());
    words_.resize(static_cast<std::size_t>(round_up(wanted, width)));
    const std::int64_t count = file_.read(words_);
    payload_.assign(words_.begin(), words_.begin() + count);
    for (std::int64_t word = 0; word + width <= count; word += width) {
      for (std::size_t byte = 0; byte < order_.size(); ++byte) {
        payload_[static_cast<std::size_t>(word) + byte] =
            words_[static_cast<std::size_t>(word + order_[byte])];
      }
    }
    return count > 0;
  }

  InputFile file_;
  std::vector<int> order_;
  std::vector<std::uint8_t> words_;
};

}  // namespace

std::int64_t BufferedReader::read(std::span<std::uint8_t> bytes, std::span<std::uint8_t> states) {
  std::int64_t done = 0;
  while (done < std::ssize(bytes)) {
    if (at_ == std::ssize(payload_)) {
      at_ = 0;
      if (!refill(std::ssize(bytes) - done)) {
        payload_.clear();
        break;
      }
    }
    const std::int64_t count = std::min(std::ssize(payload_) - at_, std::ssize(bytes) - done);
    std::copy_n(payload_.begin() + at_, count, bytes.begin() + done);
    if (may_have_unknown()) std::copy_n(states_.begin() + at_, count, states.begin() + done);
    at_ += count;
    done += count;
  }
  return done;
}

Encoding encoding_of(const std::filesystem::path& path) {
  const auto extension = path.extension();
  if (extension == ".npy") return Encoding::kNpy;
  const bool text = extension == ".hex" || extension == ".mem" || extension == ".txt";
  return text ? Encoding::kHex : Encoding::kBinary;
}

std::unique_ptr<PayloadReader> open_binary(const std::filesystem::path& path, const PayloadFormat& format,
                                           Sha256* hash) {
  auto order = byte_order(format.words, format.element_bytes, format.words.big_endian);
  if (is_identity(order)) return std::make_unique<PlainReader>(path, hash);
  return std::make_unique<ReorderedReader>(path, std::move(order), hash);
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
