#include "sim/golden/stream_writer.h"

#include <fmt/core.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "hw/common/error.h"
#include "hw/common/units.h"

namespace npu::sim::golden {
namespace {

constexpr std::size_t kTextChunkBytes = std::size_t{1} << 20;
constexpr char kDigits[] = "0123456789abcdef";

}  // namespace

HashedFile::HashedFile(std::filesystem::path path) : path_(std::move(path)) {
  file_.reset(std::fopen(path_.c_str(), "wb"));
  if (!file_) throw InputError(path_.string(), fmt::format("cannot be written: {}", std::strerror(errno)));
}

void HashedFile::write(std::span<const std::uint8_t> bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size()) {
    throw InputError(path_.string(), fmt::format("cannot be written: {}", std::strerror(errno)));
  }
  hash_.update(bytes);
  bytes_ += std::ssize(bytes);
}

std::string HashedFile::finish() {
  if (std::fclose(file_.release()) != 0) {
    throw InputError(path_.string(), fmt::format("cannot be written: {}", std::strerror(errno)));
  }
  return hash_.finish_hex();
}

StreamWriter::StreamWriter(const std::filesystem::path& folder, Stream stream, bool binary, bool hex)
    : folder_(folder),
      stream_(std::move(stream)),
      binary_order_(byte_order(stream_.words, stream_.element_bytes, stream_.words.big_endian)),
      hex_order_(byte_order(stream_.words, stream_.element_bytes, true)) {
  const auto base = folder_ / stream_.name;
  std::error_code code;
  std::filesystem::create_directories(base.parent_path(), code);
  if (code) throw InputError(base.parent_path().string(), code.message());
  if (binary) binary_.emplace(base.string() + kBinaryExtension);
  if (hex) hex_.emplace(base.string() + kHexExtension);
}

void StreamWriter::append(std::int64_t pc, std::span<const std::uint8_t> payload) {
  NPU_CHECK(std::ssize(payload) % stream_.element_bytes == 0, "a record holds whole elements");
  const std::int64_t alignment = record_alignment(stream_.words, stream_.element_bytes);
  stream_.records.push_back(
      {pc, stream_.payload_bytes / stream_.words.word_bytes, std::ssize(payload) / stream_.element_bytes});
  const std::int64_t padded = round_up(std::ssize(payload), alignment);
  stream_.payload_bytes += padded;
  if (padded == std::ssize(payload)) {
    write_words(payload);
    return;
  }
  padded_.assign(payload.begin(), payload.end());
  padded_.resize(static_cast<std::size_t>(padded), 0);
  write_words(padded_);
}

void StreamWriter::write_words(std::span<const std::uint8_t> payload) {
  const auto width = static_cast<std::size_t>(stream_.words.word_bytes);
  if (binary_) {
    if (is_identity(binary_order_)) {
      binary_->write(payload);
    } else {
      std::vector<std::uint8_t> words(payload.size());
      for (std::size_t at = 0; at < payload.size(); at += width) {
        for (std::size_t byte = 0; byte < width; ++byte) {
          words[at + static_cast<std::size_t>(binary_order_[byte])] = payload[at + byte];
        }
      }
      binary_->write(words);
    }
  }
  if (!hex_) return;
  const std::size_t line = 2 * width + 1;
  text_.clear();
  for (std::size_t at = 0; at < payload.size(); at += width) {
    const std::size_t begin = text_.size();
    text_.resize(begin + line);
    for (std::size_t byte = 0; byte < width; ++byte) {
      const std::size_t to = begin + 2 * static_cast<std::size_t>(hex_order_[byte]);
      text_[to] = static_cast<std::uint8_t>(kDigits[payload[at + byte] >> 4]);
      text_[to + 1] = static_cast<std::uint8_t>(kDigits[payload[at + byte] & 15]);
    }
    text_[begin + line - 1] = '\n';
    if (text_.size() >= kTextChunkBytes) {
      hex_->write(text_);
      text_.clear();
    }
  }
  hex_->write(text_);
}

Stream StreamWriter::finish() {
  const auto file = [&](const char* extension, HashedFile& written) {
    const std::string hash = written.finish();
    stream_.files.push_back({stream_.name + extension, written.bytes(), hash});
  };
  if (binary_) file(kBinaryExtension, *binary_);
  if (hex_) file(kHexExtension, *hex_);
  return std::move(stream_);
}

}  // namespace npu::sim::golden
