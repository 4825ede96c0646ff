#include "sim/golden/input_file.h"

#include <fmt/core.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "hw/common/error.h"

namespace npu::sim::golden {
namespace {

constexpr std::size_t kBlockBytes = std::size_t{1} << 16;

}  // namespace

InputFile::InputFile(std::filesystem::path path, Sha256* hash) : path_(std::move(path)), hash_(hash) {
  std::error_code code;
  if (std::filesystem::is_directory(path_, code))
    throw InputError(path_.string(), "is a folder, expected a file");
  file_.reset(std::fopen(path_.c_str(), "rb"));
  if (!file_) throw InputError(path_.string(), fmt::format("cannot be read: {}", std::strerror(errno)));
}

std::int64_t InputFile::read(std::span<std::uint8_t> bytes) {
  const std::size_t count = std::fread(bytes.data(), 1, bytes.size(), file_.get());
  if (count < bytes.size() && std::ferror(file_.get()) != 0) {
    throw InputError(path_.string(), fmt::format("cannot be read: {}", std::strerror(errno)));
  }
  if (hash_ != nullptr) hash_->update(bytes.first(count));
  return static_cast<std::int64_t>(count);
}

int InputFile::next() {
  if (at_ == end_) {
    block_.resize(kBlockBytes);
    block_begin_ += static_cast<std::int64_t>(end_);
    end_ = static_cast<std::size_t>(read(block_));
    at_ = 0;
    if (end_ == 0) return -1;
  }
  return block_[at_++];
}

std::int64_t InputFile::position() const { return block_begin_ + static_cast<std::int64_t>(at_); }

void InputFile::seek(std::int64_t position) {
  NPU_CHECK(hash_ == nullptr, "a hashed file is read front to back");
  if (position >= block_begin_ && position <= block_begin_ + static_cast<std::int64_t>(end_)) {
    at_ = static_cast<std::size_t>(position - block_begin_);
    return;
  }
  if (::fseeko(file_.get(), position, SEEK_SET) != 0)
    throw InputError(path_.string(), fmt::format("cannot be read: {}", std::strerror(errno)));
  block_begin_ = position;
  at_ = end_ = 0;
}

}  // namespace npu::sim::golden
