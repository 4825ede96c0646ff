// A file read in blocks, front to back unless it is told to go elsewhere.
#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "hw/common/hash.h"

namespace npu::sim::golden {

/// Throws InputError with the system's reason.
class InputFile {
 public:
  explicit InputFile(std::filesystem::path path, Sha256* hash = nullptr);
  std::int64_t read(std::span<std::uint8_t> bytes);  ///< fewer only at the end
  int next();                                        ///< one byte, or -1 at the end
  std::int64_t position() const;                     ///< of the next byte that next() gives
  /// next() goes on there. Not together with a hash, which must see every byte once.
  void seek(std::int64_t position);
  const std::filesystem::path& path() const { return path_; }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::filesystem::path path_;
  std::unique_ptr<std::FILE, Close> file_;
  Sha256* hash_;
  std::vector<std::uint8_t> block_;  ///< for next()
  std::int64_t block_begin_ = 0;
  std::size_t at_ = 0;
  std::size_t end_ = 0;
};

}  // namespace npu::sim::golden
