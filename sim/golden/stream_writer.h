// Writes one stream of an export as $readmemh hex and raw binary at once, hashing what it writes. Memory use
// does not depend on the stream's length.
#pragma once

#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "hw/common/hash.h"
#include "sim/golden/manifest.h"

namespace npu::sim::golden {

/// A file written front to back and hashed. Throws InputError with the system's reason.
class HashedFile {
 public:
  explicit HashedFile(std::filesystem::path path);
  void write(std::span<const std::uint8_t> bytes);
  std::string finish();  ///< closes; SHA-256
  std::int64_t bytes() const { return bytes_; }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::filesystem::path path_;
  std::unique_ptr<std::FILE, Close> file_;
  Sha256 hash_;
  std::int64_t bytes_ = 0;
};

class StreamWriter {
 public:
  /// `stream` gives name, element width and word format; files are folder/NAME.bin and folder/NAME.hex.
  StreamWriter(const std::filesystem::path& folder, Stream stream, bool binary, bool hex);

  /// One record: payload of whole elements, padded with zeros to whole words.
  void append(std::int64_t pc, std::span<const std::uint8_t> payload);

  /// The stream with its records and files.
  Stream finish();

 private:
  void write_words(std::span<const std::uint8_t> payload);

  std::filesystem::path folder_;
  Stream stream_;
  std::vector<int> binary_order_;
  std::vector<int> hex_order_;
  std::optional<HashedFile> binary_;
  std::optional<HashedFile> hex_;
  std::vector<std::uint8_t> padded_;
  std::vector<std::uint8_t> text_;
};

}  // namespace npu::sim::golden
